"""`/ws/room`: one tab in a room. hello, then join, then everything else."""

from base.clock import Clock
from base.errors import Refusal
from base.sockets import SocketHandler
from people.model import Person
from server.live.grants import Grants
from server.live.hub import Hub
from server.live.live_room import LiveRoom
from server.sockets.hello import Greeter
from server.sockets.socket import Socket
from wire import codes
from wire.common import Hello, Message
from wire.room import Join, MediaAnswer, MediaRestart


class RoomSocket(SocketHandler):
    """Hands a tab's messages to its room or to the room's voices."""

    def __init__(
        self, socket: Socket, hub: Hub, grants: Grants, greeter: Greeter, clock: Clock
    ) -> None:
        self._socket = socket
        self._hub = hub
        self._grants = grants
        self._greeter = greeter
        self._clock = clock
        self._person: Person | None = None
        self._live: LiveRoom | None = None
        self._source = ""

    async def opened(self, hello: Hello) -> None:
        self._person = await self._greeter.greet(self._socket, hello, self._clock.unix_ms())

    async def received(self, message: Message) -> None:
        assert self._person is not None  # `opened` comes first
        person = self._person.id
        live = self._live
        if live is None:
            self._join(message, person)
            return
        match message:
            case Join():
                raise Refusal(codes.JOIN_TWICE, "this tab has joined already")
            # What a tab sent before it learnt that it is out must not take the voice from the
            # tab that took its place, nor open a leg that nobody closes.
            case MediaAnswer() | MediaRestart() if not live.is_in(self._socket):
                pass
            case MediaAnswer():
                await live.voices.answered(person, self._socket, message)
            case MediaRestart():
                live.voices.restart(person, self._source, self._socket, fresh=message.fresh)
            case _:
                live.received(self._socket, message)

    def _join(self, message: Message, person: str) -> None:
        if not isinstance(message, Join):
            raise Refusal(codes.JOIN_FIRST, "join a room first")
        session = self._grants.session(message.grant, person)
        live = self._hub.get(session)
        if live is None:
            raise Refusal(codes.SESSION_ENDED, "this session is over")
        self._live = live
        self._source = message.source
        live.join(self._socket, person, message)

    async def closed(self) -> None:
        if self._live is not None:
            self._live.gone(self._socket)
