"""The part `http`: the HTTP interface and the pages, over the services of all other parts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from base.jobs.queue import Jobs
from base.part import Part, Process, routes
from base.sockets import SocketHandler, SocketRoute
from base.storage import Storage
from recorder.voice_files import VoiceFiles
from server.http import auth, openapi, ops, photos, recordings, static
from server.http.keys import LiveRooms
from server.http.routes import setup
from server.live.hub import Hub
from server.photos.config import PhotosConfig
from server.photos.service import PhotoService
from server.photos.workshop import PhotoWorkshop
from server.sockets.hello import Greeter, greeting
from server.sockets.socket import Socket, Sockets
from sessions.service import SessionService


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring the application (`aiohttp.web.Application`) with every part's routes and sockets on it."""
    app = web.Application()
    _add_sockets(app, process)
    process.provide(_Live(process.need(Hub)), as_=LiveRooms)
    provide_own(process)
    setup(app, process, routes(process.parts))
    process.provide(app)
    yield


def provide_own(process: Process) -> None:
    """Bring what the rows of this part use and no other part has: photos and rendered voices."""
    config = process.config.of(PhotosConfig)
    process.provide(PhotoWorkshop(config))
    process.provide(
        PhotoService(
            process.need(Storage),  # type: ignore[type-abstract]
            process.need(SessionService),
            process.need(LiveRooms),  # type: ignore[type-abstract]
            config.per_session,
        )
    )
    folder = process.config.data_dir / "derived" / "voices"
    process.provide(VoiceFiles(folder, process.need(Jobs)))


def _add_sockets(app: web.Application, process: Process) -> None:
    sockets, greeter = process.need(Sockets), process.need(Greeter)
    paths = set[str]()
    for row in process.sockets:
        if row.path in paths or not row.path.startswith("/ws/"):
            raise ValueError(f"{row.path} is there twice, or does not begin with /ws/")
        paths.add(row.path)
        make = row.handler if row.greets else greeting(greeter, process.clock, row.handler)
        app.router.add_get(row.path, _served(sockets, row, make))


def _served(
    sockets: Sockets, row: SocketRoute, make: Callable[[Socket], SocketHandler]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        return await sockets.serve(request, row.kind, row.hello, row.decoder, make)

    return serve


class _Live:
    """What the HTTP side may know of the live rooms (`server.http.keys.LiveRooms`)."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def is_member(self, session_id: str, person_id: str) -> bool:
        return self._hub.is_member(session_id, person_id)

    def may_upload(self, session_id: str, person_id: str) -> bool:
        return self._hub.may_upload(session_id, person_id)

    def photo_uploaded(self, session_id: str, photo_id: str, sha256: str) -> bool:
        return self._hub.photo_uploaded(session_id, photo_id, sha256)

    def draining(self) -> bool:
        return self._hub.draining_until_ms is not None

    def rooms(self) -> int:
        return len(self._hub)


PART = Part(
    name="http",
    start=start,
    settings={"photos": PhotosConfig},
    codes={"not_a_picture": 415, "photo_failed": 422, "picture_too_large": 422},
    routes=(
        *auth.ROUTES,
        *photos.ROUTES,
        *recordings.ROUTES,
        *ops.ROUTES,
        *openapi.ROUTES,
        # The last: it takes every GET that none before it took.
        *static.ROUTES,
    ),
    needs=("jobs", "storage", "people", "sessions", "recorder", "live", "sockets"),
)
