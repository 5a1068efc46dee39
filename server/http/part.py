"""The part `http`: the HTTP interface and the pages, over the services of all other parts."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from base.jobs.queue import Jobs
from base.part import Part, Process, StartError
from base.sockets import Handler, SocketRoute
from base.storage import Storage
from people.grants import TABLE, Table, with_actions
from people.pens import PenService
from people.service import PeopleService
from recorder.library import Library
from server.http import routes
from server.http.keys import HttpServices
from server.http.refusals import STATUS, with_codes
from server.live.hub import Hub
from server.live.pens import ConnectedPens
from server.photo_config import PhotosConfig
from server.sockets.hello import Greeter, greeting
from server.sockets.socket import Socket, Sockets
from sessions.service import SessionService


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring the application (`aiohttp.web.Application`) with every part's routes and sockets on it."""
    table, statuses = _declared(process.parts)
    app = web.Application()
    _add_sockets(app, process)
    routes.setup(
        app,
        HttpServices(
            config=process.config,
            clock=process.clock,
            metrics=process.metrics,
            people=process.need(PeopleService),
            pens=process.need(PenService),
            sessions=process.need(SessionService),
            jobs=process.need(Jobs),
            storage=process.need(Storage),  # type: ignore[type-abstract]
            library=process.need(Library),
            live=_Live(process.need(Hub), process.need(ConnectedPens)),
            health=process.health,
            table=table,
            statuses=statuses,
        ),
        routes.rows(process.routes),
    )
    process.provide(app)
    yield


def _declared(parts: Sequence[Part]) -> tuple[Table, Mapping[str, int]]:
    """Return who may do what, and the status of every code, with what every part brings."""
    table: Table = TABLE
    statuses: Mapping[str, int] = STATUS
    for part in parts:
        try:
            table = with_actions(table, part.actions)
            statuses = with_codes(statuses, part.codes)
        except ValueError as error:
            raise StartError(f"the part {part.name} cannot start: {error}") from None
    return table, statuses


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
    sockets: Sockets, row: SocketRoute, make: Callable[[Socket], Handler]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        return await sockets.serve(request, row.kind, row.hello, row.decoder, make)

    return serve


class _Live:
    """What the HTTP side may know of the live rooms and pens (`server.http.keys.LiveRooms`)."""

    def __init__(self, hub: Hub, pens: ConnectedPens) -> None:
        self._hub = hub
        self._pens = pens

    def is_member(self, session_id: str, person_id: str) -> bool:
        return self._hub.is_member(session_id, person_id)

    def may_upload(self, session_id: str, person_id: str) -> bool:
        return self._hub.may_upload(session_id, person_id)

    def photo_uploaded(self, session_id: str, photo_id: str, sha256: str) -> bool:
        return self._hub.photo_uploaded(session_id, photo_id, sha256)

    def pen_connected(self, pen_id: str) -> bool:
        return self._pens.connected(pen_id)

    def draining(self) -> bool:
        return self._hub.draining_until_ms is not None

    def rooms(self) -> int:
        return len(self._hub)


PART = Part(
    name="http",
    start=start,
    settings={"photos": PhotosConfig},
    needs=("people", "sessions", "recorder", "live", "sockets"),
)
