"""The composition root: makes every part, connects them, and takes them down in order.

The one module of ours that may import everything. Read it from top to bottom to see how a
process comes up; going down is the same way back.
"""

import gc
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiohttp import web

from base.bus import Bus
from base.clock import Clock, SystemClock
from base.config import Config
from base.db import Database
from base.log import get_logger
from base.looplag import LoopLag
from base.metrics import Metrics
from base.signing import Signer, load_or_create_key
from base.storage import storage_of
from matching.model import Rules, Switchboard
from people.events import PenRevoked, SignInRevoked
from people.pens import PenService
from people.service import PeopleService
from recorder.flusher import Flusher
from recorder.library import Library
from server import demo
from server.background import Background
from server.gauges import MediaGauges
from server.http import routes as http
from server.http.keys import HttpServices
from server.live.grants import Grants
from server.live.hub import Hub
from server.live.live_room import LiveRoom
from server.live.pen_socket import PenSocket
from server.live.pens import ConnectedPens
from server.live.room_socket import RoomSocket
from server.lobby.lobby import Lobby
from server.lobby.lobby_socket import LobbySocket
from server.media.endpoint import MediaEndpoint
from server.media.model import MediaConfig
from server.sockets.hello import Greeter
from server.sockets.socket import Sockets, SocketTools
from sessions.events import SessionEnded, SessionRated, SessionReported
from sessions.service import SessionService
from wire import codec, codes
from wire.common import Hello
from wire.pen import PenHello

log = get_logger(__name__)


class StartError(Exception):
    """The server cannot start; the text is one sentence that says what to do."""


class Server:
    """A running server: where it listens, and how to let it finish."""

    def __init__(self, config: Config, clock: Clock, hub: Hub, lobby: Lobby) -> None:
        self._config = config
        self._clock = clock
        self._hub = hub
        self._lobby = lobby
        self.port = 0
        self.media_port = 0

    @property
    def url(self) -> str:
        """Return the address a browser on this machine uses."""
        host = self._config.server.host
        return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{self.port}"

    async def drain(self, deadline_s: float) -> None:
        """Take no new calls and wait until the running sessions have ended, or end them."""
        deadline_ms = self._clock.unix_ms() + round(deadline_s * 1000)
        self._lobby.draining(deadline_ms)
        await self._hub.drain(deadline_ms)


@asynccontextmanager
async def serving(config: Config, *, with_demo: bool = False) -> AsyncIterator[Server]:
    """Run a server for the time of the block. Raises `StartError`."""
    async with AsyncExitStack() as stack:
        clock = SystemClock()
        metrics = Metrics()
        background = Background()

        # What is kept.
        try:
            # Names, voices and hashes of passwords: nobody else on the machine may look in.
            config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            config.recordings_dir.mkdir(parents=True, exist_ok=True)
            signer = Signer(load_or_create_key(config.secret_file))
        except OSError as error:
            raise StartError(
                f"{error.filename or config.data_dir} cannot be written ({error.strerror}): "
                "give the server a folder of its own with INKCALL__SERVER__DATA_DIR."
            ) from error
        database = Database(config.database_url)
        stack.push_async_callback(database.close)
        await database.migrate()
        bus = Bus(database, clock, metrics)
        people = PeopleService(database, bus, signer, config.people, clock, metrics)
        stack.callback(people.close)
        await people.start()
        pens = PenService(database, bus, config.people, clock)
        sessions = SessionService(database, bus, config.sessions, clock)
        storage = storage_of(config.storage, config.data_dir / "objects")
        library = Library(config.recordings_dir)
        await sessions.recover(clock.unix_ms(), library.last_flush_ms)
        if with_demo:
            await demo.seed(config, people, pens, sessions, clock)

        # What runs.
        lag = LoopLag(clock, metrics)
        media = MediaEndpoint(config=_media_config(config), clock=clock.now)
        try:
            await media.start()
        except OSError as error:
            raise StartError(_busy("UDP", "media", config.media.port, error)) from error
        stack.push_async_callback(media.close)
        flusher = Flusher(config.recorder.flush_interval_s)
        hub = Hub(config, clock, metrics, lag, background, media, flusher, people, sessions)
        rooms = config.rooms
        grants = Grants(signer, clock, rooms.limit_s + rooms.grace_s)
        rules = Rules(ring_s=config.calls.ring_s)
        lobby = Lobby(Switchboard(rules), clock, metrics, background, people, sessions, hub, grants)
        stack.callback(lobby.close)
        desk = ConnectedPens()
        tools = SocketTools(clock, metrics, rooms)
        sockets = Sockets(tools)
        _connect(bus, hub, lobby, desk, sockets)

        # What answers. The port is taken before any task runs: what fails here is said plainly.
        listener = _listen(config.server.host, config.server.port)
        stack.callback(listener.close)
        app = web.Application()
        _add_sockets(
            app, sockets, Greeter(people, sockets), lobby, hub, grants, desk, pens, people, clock
        )
        http.setup(
            app,
            HttpServices(
                config=config,
                clock=clock,
                metrics=metrics,
                people=people,
                pens=pens,
                sessions=sessions,
                storage=storage,
                library=library,
                live=_Live(hub, desk),
            ),
        )
        for part in (flusher, background, bus, lag, hub, MediaGauges(media, metrics)):
            await stack.enter_async_context(part.running())
        runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=3, auto_decompress=False
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener).start()
        stack.callback(sockets.close_all, codes.DRAINING)

        server = Server(config, clock, hub, lobby)
        server.port = runner.addresses[0][1]
        server.media_port = media.port
        # What exists now lives as long as the process: the collector need not look at it again,
        # and every look it takes is a stall of all calls.
        gc.collect()
        gc.freeze()
        log.info("started", port=server.port, media_port=server.media_port)
        try:
            yield server
        finally:
            await server.drain(0)


def _connect(bus: Bus, hub: Hub, lobby: Lobby, desk: ConnectedPens, sockets: Sockets) -> None:
    """Let the siblings hear of each other: directly inside the server, by events beyond it."""

    def opened(live: LiveRoom, teacher: str) -> None:
        desk.room_opened(live, teacher)

    def ended(session: str) -> None:
        desk.room_closed(session)
        lobby.session_over(session)

    hub.on_opened = opened
    hub.on_ended = ended

    async def forms_changed(event: SessionEnded) -> None:
        await lobby.show_forms(event.student_id)
        await lobby.show_forms(event.teacher_id)

    async def rated(event: SessionRated) -> None:
        await lobby.show_forms(event.student_id)
        await lobby.refresh_card(event.teacher_id)

    async def reported(event: SessionReported) -> None:
        await lobby.show_forms(event.teacher_id)

    async def signed_out(event: SignInRevoked) -> None:
        sockets.close_revoked(event.sign_in_id)

    async def pen_taken_off(event: PenRevoked) -> None:
        sockets.close_revoked(event.credential_id)

    bus.subscribe(SessionEnded, forms_changed)
    bus.subscribe(SessionRated, rated)
    bus.subscribe(SessionReported, reported)
    bus.subscribe(SignInRevoked, signed_out)
    bus.subscribe(PenRevoked, pen_taken_off)


def _add_sockets(
    app: web.Application,
    sockets: Sockets,
    greeter: Greeter,
    lobby: Lobby,
    hub: Hub,
    grants: Grants,
    desk: ConnectedPens,
    pens: PenService,
    people: PeopleService,
    clock: Clock,
) -> None:
    async def lobby_socket(request: web.Request) -> web.StreamResponse:
        return await sockets.serve(
            request,
            "lobby",
            Hello,
            codec.lobby_from_client,
            lambda socket: LobbySocket(socket, lobby, greeter),
        )

    async def room_socket(request: web.Request) -> web.StreamResponse:
        return await sockets.serve(
            request,
            "room",
            Hello,
            codec.room_from_client,
            lambda socket: RoomSocket(socket, hub, grants, greeter, clock),
        )

    async def pen_socket(request: web.Request) -> web.StreamResponse:
        return await sockets.serve(
            request,
            "pen",
            PenHello,
            codec.pen_from_client,
            lambda socket: PenSocket(socket, desk, pens, people),
        )

    app.router.add_get("/ws/lobby", lobby_socket)
    app.router.add_get("/ws/room", room_socket)
    app.router.add_get("/ws/pen", pen_socket)


class _Live:
    """What the HTTP side may know of the live rooms and pens (`server.http.keys.LiveRooms`)."""

    def __init__(self, hub: Hub, desk: ConnectedPens) -> None:
        self._hub = hub
        self._desk = desk

    def is_member(self, session_id: str, person_id: str) -> bool:
        return self._hub.is_member(session_id, person_id)

    def may_upload(self, session_id: str, person_id: str) -> bool:
        return self._hub.may_upload(session_id, person_id)

    def photo_uploaded(self, session_id: str, photo_id: str, sha256: str) -> bool:
        return self._hub.photo_uploaded(session_id, photo_id, sha256)

    def pen_connected(self, pen_id: str) -> bool:
        return self._desk.connected(pen_id)

    def draining(self) -> bool:
        return self._hub.draining_until_ms is not None

    def rooms(self) -> int:
        return len(self._hub)


def _media_config(config: Config) -> MediaConfig:
    media = config.media
    return MediaConfig(
        host=media.host,
        port=media.port,
        announce=tuple(_address(text) for text in media.announce),
        interrupted_after_s=media.interrupted_after_s,
        max_legs=media.max_legs,
        rtcp_interval_s=media.rtcp_interval_s,
    )


def _address(text: str) -> tuple[str, int]:
    """Turn `192.0.2.1:8401` or `192.0.2.1` into (address, port); port 0 means the bound one."""
    host, separator, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if separator else (text, 0)


def _listen(host: str, port: int) -> socket.socket:
    """Return a bound TCP socket; raise `StartError` when the port cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise StartError(_busy("TCP", "server", port, error)) from error


def _busy(protocol: str, section: str, port: int, error: OSError) -> str:
    reason = error.strerror or str(error)
    key = f"INKCALL__{section.upper()}__PORT"
    return f"{protocol} port {port} cannot be used ({reason}): stop what uses it, or set {key} to another port."


def default_config_file() -> Path | None:
    """Return `config.yaml` of the folder the server is started in, if there is one."""
    path = Path("config.yaml")
    return path if path.is_file() else None
