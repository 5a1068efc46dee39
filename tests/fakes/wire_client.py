"""A client of the lobby, room and pen sockets without a browser: real sockets, typed messages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp

from wire import codec, lobby, pen, room
from wire.common import Hello, Message, Ping, Welcome

M = TypeVar("M", bound=Message)
WITHIN_S = 10.0


@dataclass
class Peer:
    """One socket with everything it was sent, and a way to wait for more."""

    socket: aiohttp.ClientWebSocketResponse
    decode: codec.FrameDecoder
    heard: list[Message] = field(default_factory=list)
    close_reason: str | None = None
    close_code: int | None = None
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self) -> None:
        """Take in messages until the socket closes."""
        async for frame in self.socket:
            if frame.type is aiohttp.WSMsgType.BINARY:
                async with self._changed:
                    self.heard.append(self.decode(frame.data))
                    self._changed.notify_all()
        async with self._changed:
            self.close_code = self.socket.close_code
            self._changed.notify_all()

    async def send(self, message: Message) -> None:
        await self.socket.send_bytes(codec.encode(message))

    def all(self, kind: type[M]) -> list[M]:
        return [message for message in self.heard if isinstance(message, kind)]

    async def wait(
        self, kind: type[M], when: Callable[[M], bool] = lambda _: True, *, skip: int = 0
    ) -> M:
        """Return the message of this kind that fulfils `when`, after `skip` such ones."""
        async with asyncio.timeout(WITHIN_S), self._changed:
            while True:
                found = [message for message in self.all(kind) if when(message)]
                if len(found) > skip:
                    return found[skip]
                if self.close_code is not None:
                    raise ConnectionError(f"closed with {self.close_code} while waiting for {kind}")
                await self._changed.wait()

    async def closed(self) -> int:
        """Wait for the end of the socket; return its close code."""
        async with asyncio.timeout(WITHIN_S), self._changed:
            while self.close_code is None:
                await self._changed.wait()
            return self.close_code


class WireClient:
    """A person at the server: signs in, opens sockets."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token = ""
        self.person: dict[str, Any] = {}
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._group: asyncio.TaskGroup | None = None

    async def sign_in(self, login: str, password: str = "inkcall-demo") -> None:
        body = {"login": login, "password": password}
        async with self.http.post(f"{self.url}/api/sign-in", json=body) as response:
            assert response.status == 200, await response.text()
            answer = await response.json()
        self.token = answer["access_token"]
        self.person = answer["person"]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def open(self, path: str, decode: codec.FrameDecoder) -> Peer:
        """Open a socket without saying anything."""
        assert self._group is not None
        peer = Peer(await self.http.ws_connect(f"{self.url}{path}", max_msg_size=0), decode)
        self._group.create_task(peer.listen())
        return peer

    async def lobby(self) -> Peer:
        peer = await self.open("/ws/lobby", codec.lobby_from_server)
        await peer.send(Hello(versions=[1], token=self.token))
        await peer.wait(Welcome)
        await peer.wait(lobby.FormsDue)
        return peer

    async def room(
        self, grant: str, source: str, resume_seq: int | None = None, *, wait: bool = True
    ) -> Peer:
        peer = await self.open("/ws/room", codec.room_from_server)
        await peer.send(Hello(versions=[1], token=self.token))
        await peer.wait(Welcome)
        await peer.send(room.Join(grant=grant, source=source, resume_seq=resume_seq))
        if wait:
            await peer.wait(room.Snapshot if resume_seq is None else room.Resumed)
        return peer

    async def pen(self, token: str, name: str = "demo-pen") -> Peer:
        peer = await self.open("/ws/pen", codec.pen_from_server)
        await peer.send(pen.PenHello(versions=[1], token=token, pen=name))
        await peer.wait(pen.PenWelcome)
        return peer


@asynccontextmanager
async def client(url: str, login: str = "") -> AsyncIterator[WireClient]:
    """Run a client for the time of the block, signed in when a login is given."""
    made = WireClient(url)
    try:
        async with asyncio.TaskGroup() as group:
            made._group = group
            if login:
                await made.sign_in(login)
            yield made
            await made.http.close()
    finally:
        await made.http.close()


async def ping(peer: Peer, number: int) -> None:
    """Wait until everything sent to the server before has been acted on."""
    from wire.common import Pong

    await peer.send(Ping(sent_ms=number))
    await peer.wait(Pong, lambda pong: pong.sent_ms == number)
