"""The handshake of lobby and room sockets: a `hello` becomes a person, or a refusal."""

from collections.abc import Callable

from base.clock import Clock
from base.errors import Refusal
from base.sockets import SocketHandler
from people.model import Person
from people.service import PeopleService
from server.sockets.socket import Socket, Sockets
from wire import codes
from wire.common import PROTOCOL_VERSION, Hello, Message, Welcome


class Greeter:
    """Checks who says hello: the version, then the token, then the account."""

    def __init__(self, people: PeopleService, sockets: Sockets) -> None:
        self._people = people
        self._sockets = sockets

    async def greet(self, socket: Socket, hello: Hello, now_ms: int) -> Person:
        """Welcome and return who says hello; raise `Refusal`."""
        check_version(hello.versions)
        identity = self._people.verify_access(hello.token)
        socket.credential = identity.sign_in_id
        self._sockets.admit(socket, identity.person_id)
        person = await self._people.person(identity.person_id)
        socket.send(
            Welcome(
                version=PROTOCOL_VERSION,
                person_id=person.id,
                name=person.name,
                role=person.role,
                now_ms=now_ms,
            )
        )
        return person


class _Greeted:
    """A handler whose peer is known and welcomed before it hears of them."""

    def __init__(
        self, socket: Socket, handler: SocketHandler, greeter: Greeter, clock: Clock
    ) -> None:
        self._socket = socket
        self._handler = handler
        self._greeter = greeter
        self._clock = clock
        self._welcomed = False

    async def opened(self, hello: Hello) -> None:
        await self._greeter.greet(self._socket, hello, self._clock.unix_ms())
        self._welcomed = True
        await self._handler.opened(hello)

    async def received(self, message: Message) -> None:
        await self._handler.received(message)

    async def closed(self) -> None:
        if self._welcomed:
            await self._handler.closed()


def greeting(
    greeter: Greeter, clock: Clock, make: Callable[[Socket], SocketHandler]
) -> Callable[[Socket], SocketHandler]:
    """Return what makes handlers that need not ask who says hello."""
    return lambda socket: _Greeted(socket, make(socket), greeter, clock)


def check_version(versions: list[int]) -> None:
    """Refuse a peer that cannot speak our version, saying which one that is."""
    if PROTOCOL_VERSION not in versions:
        raise Refusal(codes.VERSION, f"this server speaks version {PROTOCOL_VERSION}")
