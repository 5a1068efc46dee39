"""The part `sockets`: all open WebSockets of the process, closed when what they speak by is revoked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from base.bus import Bus
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

    async def signed_out(event: SignInRevoked) -> None:
        sockets.close_revoked(event.sign_in_id)

    async def pen_taken_off(event: PenRevoked) -> None:
        sockets.close_revoked(event.credential_id)

    bus = process.need(Bus)
    bus.subscribe(SignInRevoked, signed_out)
    bus.subscribe(PenRevoked, pen_taken_off)
    yield


PART = Part(name="sockets", start=start, settings={"rooms": RoomsConfig}, needs=("people",))
