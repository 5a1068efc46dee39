"""A network that can be cut: a TCP proxy a client, and one UDP proxy that knows whose media is whose."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


class TcpProxy:
    """Forwards one port to another until `cut`; then everything on it dies without a word."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._is_cut = False
        self._links: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for link in list(self._links):
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    def cut(self) -> None:
        """Swallow every byte, and leave new connections unanswered, as a dead network does."""
        self._is_cut = True

    def mend(self) -> None:
        """Let new connections through. Those of before the cut lost bytes and are broken off."""
        self._is_cut = False
        for link in list(self._links):
            link.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        try:
            while self._is_cut:
                await asyncio.sleep(0.05)
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(reader, far_writer))
                    group.create_task(self._pump(far_reader, writer))
            finally:
                far_writer.transport.abort()
        except* (ConnectionError, asyncio.CancelledError, OSError):
            pass
        finally:
            writer.transport.abort()
            self._links.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self._is_cut:
                continue
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError("one side closed")


class UdpProxy:
    """Stands in front of the media port. A flow is one client's; its first STUN request says whose.

    The USERNAME of a Binding request starts with the server's own credential for that leg
    (RFC 8445 section 7.2.2), which the tab knows from the offer: so a test can cut one tab.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._front = _udp()
        self._backs: dict[Any, socket.socket] = {}
        self._names: dict[Any, set[str]] = {}
        self._cut_names: set[str] = set()
        self._cut_flows: set[Any] = set()
        self.port = 0

    async def start(self) -> None:
        self._front.bind(("127.0.0.1", 0))
        self.port = self._front.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._front, self._front_ready)

    async def stop(self) -> None:
        for each in (self._front, *self._backs.values()):
            asyncio.get_running_loop().remove_reader(each)
            each.close()

    def cut(self, ufrag: str) -> None:
        """Drop everything of the tab whose leg has this server-side ICE ufrag, both ways."""
        self._cut_names.add(ufrag)
        self._cut_flows |= {flow for flow, names in self._names.items() if ufrag in names}

    def mend(self) -> None:
        """Drop nothing any more."""
        self._cut_names.clear()
        self._cut_flows.clear()

    def _front_ready(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                data, flow = self._front.recvfrom(2048)
                self._from_client(data, flow)

    def _from_client(self, data: bytes, flow: Any) -> None:
        name = _stun_server_ufrag(data)
        if name is not None:
            self._names.setdefault(flow, set()).add(name)
            if name in self._cut_names:
                self._cut_flows.add(flow)
        if flow in self._cut_flows:
            return
        back = self._backs.get(flow)
        if back is None:
            back = self._backs[flow] = _udp()
            back.connect(("127.0.0.1", self._target))
            asyncio.get_running_loop().add_reader(back, self._back_ready, back, flow)
        with contextlib.suppress(OSError):
            back.send(data)

    def _back_ready(self, back: socket.socket, flow: Any) -> None:
        # ConnectionRefusedError: nobody listens, for example while the server is down.
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                data = back.recv(2048)
                if flow not in self._cut_flows:
                    self._front.sendto(data, flow)


def _udp() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    return made


def _stun_server_ufrag(data: bytes) -> str | None:
    """Return the first half of the USERNAME of a STUN request, if it is one (RFC 8489 section 5)."""
    if len(data) < 20 or data[0] != 0 or data[1] != 1:
        return None
    at = 20
    while at + 4 <= len(data):
        kind, length = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])
        if kind == 0x0006:
            return data[at + 4 : at + 4 + length].decode(errors="replace").partition(":")[0]
        at += 4 + (length + 3) // 4 * 4
    return None


@asynccontextmanager
async def proxied(*proxies: TcpProxy | UdpProxy) -> AsyncIterator[None]:
    """Run proxies for the time of the block."""
    for proxy in proxies:
        await proxy.start()
    try:
        yield
    finally:
        for proxy in proxies:
            await proxy.stop()
