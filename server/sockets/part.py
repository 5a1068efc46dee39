"""The part `sockets`: all open WebSockets of the process, closed when what they speak by is revoked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from base.bus import Bus
from base.events import Envelope
from base.part import Part, Process
from people.events import PenRevoked, SignInRevoked
from people.service import PeopleService
from server.sockets.config import RoomsConfig
from server.sockets.hello import Greeter
from server.sockets.socket import Sockets, SocketTools


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `Sockets` and `Greeter`."""
    sockets = Sockets(SocketTools(process.clock, process.metrics, process.config.of(RoomsConfig)))
    process.provide(sockets)
    process.provide(Greeter(process.need(PeopleService), sockets))

    async def signed_out(envelope: Envelope[SignInRevoked]) -> None:
        sockets.close_revoked(envelope.event.sign_in_id)

    async def pen_taken_off(envelope: Envelope[PenRevoked]) -> None:
        sockets.close_revoked(envelope.event.credential_id)

    process.need(Bus).subscribe(
        "sockets",
        "revoked",
        {SignInRevoked: signed_out, PenRevoked: pen_taken_off},
        start="now",
    )
    yield


PART = Part(name="sockets", start=start, settings={"rooms": RoomsConfig}, needs=("people",))
