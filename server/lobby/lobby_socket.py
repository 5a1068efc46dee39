"""`/ws/lobby`: one tab in the lobby, from its hello to its end."""

from base.sockets import SocketHandler
from people.model import Person
from server.lobby.lobby import Lobby
from server.sockets.hello import Greeter
from server.sockets.socket import Socket
from wire.common import Hello, Message


class LobbySocket(SocketHandler):
    """Hands a tab's messages to the lobby."""

    def __init__(self, socket: Socket, lobby: Lobby, greeter: Greeter) -> None:
        self._socket = socket
        self._lobby = lobby
        self._greeter = greeter
        self._person: Person | None = None

    async def opened(self, hello: Hello) -> None:
        now_ms = self._lobby.clock.unix_ms()
        self._person = await self._greeter.greet(self._socket, hello, now_ms)
        await self._lobby.enter(self._socket, self._person)

    async def received(self, message: Message) -> None:
        assert self._person is not None  # `opened` comes first
        await self._lobby.received(self._socket, self._person, message)

    async def closed(self) -> None:
        if self._person is not None:
            self._lobby.leave(self._socket, self._person)
