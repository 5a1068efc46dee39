"""The part `live`: the running rooms, their voices and pens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from base.looplag import LoopLag
from base.part import Part, Process
from base.signing import Signer
from base.sockets import SocketRoute
from people.pen_routes import PenPresence
from people.pens import PenService
from people.service import PeopleService
from recorder.flusher import Flusher
from recorder.library import Library
from server.live.grants import Grants
from server.live.hub import Hub
from server.live.pen_socket import PenSocket
from server.live.pens import ConnectedPens
from server.live.recording import recorder_output
from server.live.room_socket import RoomSocket
from server.media.endpoint import MediaEndpoint
from server.sockets.config import RoomsConfig
from server.sockets.hello import Greeter
from sessions.service import SessionService
from wire import codec
from wire.pen import PenHello


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `Hub`, `Grants` and `ConnectedPens` (also as `PenPresence`); end first what a crash left running."""
    config, clock = process.config, process.clock
    people, sessions = process.need(PeopleService), process.need(SessionService)
    await sessions.recover(clock.unix_ms(), process.need(Library).last_flush_ms)
    lag = LoopLag(clock, process.metrics)
    hub = Hub(
        config,
        clock,
        process.metrics,
        lag,
        process.background,
        process.need(MediaEndpoint),
        people,
        sessions,
    )
    hub.outputs.append(recorder_output(config, process.need(Flusher)))
    rooms = config.of(RoomsConfig)
    grants = Grants(process.need(Signer), clock, rooms.limit_s + rooms.grace_s)
    pens = ConnectedPens()
    hub.on_opened.append(pens.room_opened)
    hub.on_ended.append(pens.room_closed)
    for service in (hub, grants, pens):
        process.provide(service)
    process.provide(pens, as_=PenPresence)
    process.work += [lag.running(), hub.running()]
    process.drains.append(hub.drain)
    greeter, pen_service = process.need(Greeter), process.need(PenService)
    process.sockets += [
        SocketRoute(
            path="/ws/room",
            kind="room",
            decoder=codec.room_from_client,
            greets=True,
            handler=lambda socket: RoomSocket(socket, hub, grants, greeter, clock),
        ),
        SocketRoute(
            path="/ws/pen",
            kind="pen",
            hello=PenHello,
            decoder=codec.pen_from_client,
            greets=True,
            handler=lambda socket: PenSocket(socket, pens, pen_service, people),
        ),
    ]
    yield


PART = Part(
    name="live",
    start=start,
    codes={"grant_invalid": 403, "draining": 503, "full": 503, "recorder_unavailable": 503},
    needs=("people", "sessions", "recorder", "media", "sockets"),
)
