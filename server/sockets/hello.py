"""The handshake of lobby and room sockets: a `hello` becomes a person, or a refusal."""

from base.errors import Refusal
from people.model import Person
from people.service import PeopleService
from server.sockets.socket import Socket, Sockets
from wire import codes
from wire.common import PROTOCOL_VERSION, Hello, Welcome


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


def check_version(versions: list[int]) -> None:
    """Refuse a peer that cannot speak our version, saying which one that is."""
    if PROTOCOL_VERSION not in versions:
        raise Refusal(codes.VERSION, f"this server speaks version {PROTOCOL_VERSION}")
