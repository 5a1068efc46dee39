"""The part `lobby`: presence, calls, and telling people (`base.tell.Tell`)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from base.bus import Bus
from base.db import Database
from base.event_writer import EventWriter
from base.events import Envelope
from base.part import Part, Process
from base.sockets import SocketRoute
from base.tell import Tell
from matching.model import Switchboard
from people.service import PeopleService
from server.live.grants import Grants
from server.live.hub import Hub
from server.lobby.call_events import CallEvents
from server.lobby.lobby import Lobby
from server.lobby.lobby_socket import LobbySocket
from server.lobby.tabs import LobbyTabs
from server.sockets.hello import Greeter
from sessions.events import SessionEnded, SessionRated, SessionReported
from sessions.service import SessionService
from wire import codec


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `Lobby`."""
    hub = process.need(Hub)
    bus = process.need(Bus)
    writer = EventWriter(bus, process.need(Database), process.clock, process.metrics)
    tabs = LobbyTabs()
    lobby = Lobby(
        process.need(Switchboard),
        process.clock,
        process.metrics,
        process.background,
        process.need(PeopleService),
        process.need(SessionService),
        hub,
        process.need(Grants),
        CallEvents(writer.write_soon),
        tabs,
    )
    process.provide(lobby)
    process.provide(tabs, as_=Tell)
    hub.on_ended.append(lobby.session_over)
    _listen(bus, lobby)
    greeter = process.need(Greeter)
    process.sockets.append(
        SocketRoute(
            path="/ws/lobby",
            kind="lobby",
            decoder=codec.lobby_from_client,
            greets=True,
            handler=lambda socket: LobbySocket(socket, lobby, greeter),
        )
    )

    async def draining(deadline_ms: int) -> None:
        lobby.draining(deadline_ms)

    process.drains.append(draining)
    # Left with the part, after the sockets: what their closing means for calls is written too.
    async with writer.running():
        try:
            yield
        finally:
            lobby.close()


def _listen(bus: Bus, lobby: Lobby) -> None:
    async def ended(envelope: Envelope[SessionEnded]) -> None:
        await lobby.show_forms(envelope.event.student_id)
        await lobby.show_forms(envelope.event.teacher_id)

    async def rated(envelope: Envelope[SessionRated]) -> None:
        await lobby.show_forms(envelope.event.student_id)
        await lobby.refresh_card(envelope.event.teacher_id)

    async def reported(envelope: Envelope[SessionReported]) -> None:
        await lobby.show_forms(envelope.event.teacher_id)

    # From now on: it shows what is so at this moment, to who is here.
    bus.subscribe(
        "lobby",
        "forms",
        {SessionEnded: ended, SessionRated: rated, SessionReported: reported},
        start="now",
    )


PART = Part(name="lobby", start=start, needs=("matching", "live"))
