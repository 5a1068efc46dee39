"""The Python plane's own part: it starts, sends what is not media, counts what went wrong, and stops."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from server.media.packets import DatagramKind
from server.media.plane import Address, MakePlane, Plane
from server.media.udp_plane import UdpPlane
from tests.fakes.thread_plane import ThreadPlane

MAKERS: tuple[MakePlane, ...] = (UdpPlane, ThreadPlane)
"""The classes fit the interface: mypy says so here."""


@contextlib.asynccontextmanager
async def plane() -> AsyncIterator[tuple[Plane, asyncio.Queue[tuple[DatagramKind, bytes]]]]:
    """A started plane on a free port, and what it hands on."""
    slow: asyncio.Queue[tuple[DatagramKind, bytes]] = asyncio.Queue()
    made: Plane = UdpPlane(
        slow=lambda kind, leg, data, address, now: slow.put_nowait((kind, data)),
        clock=asyncio.get_running_loop().time,
    )
    made.start("127.0.0.1", 0, receive_buffer_bytes=65_536)
    try:
        yield made, slow
    finally:
        made.stop()


@contextlib.contextmanager
def peer() -> Iterator[socket.socket]:
    """A socket of some client."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(5)
    try:
        yield sock
    finally:
        sock.close()


def address_of(sock: socket.socket) -> Address:
    host, port = sock.getsockname()
    return host, port


STUN = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)


async def test_what_is_not_media_is_handed_on_and_answered_through_the_same_port() -> None:
    async with plane() as (made, slow):
        with peer() as sock:
            sock.sendto(STUN, ("127.0.0.1", made.port))
            async with asyncio.timeout(5):
                assert await slow.get() == (DatagramKind.STUN, STUN)
            made.send_slow(b"answer", address_of(sock))
            assert sock.recvfrom(100) == (b"answer", ("127.0.0.1", made.port))


async def test_a_datagram_that_breaks_whoever_is_told_is_counted_and_the_next_one_is_read() -> None:
    told: asyncio.Queue[bytes] = asyncio.Queue()

    def slow(kind: DatagramKind, leg: str | None, data: bytes, where: Address, now: float) -> None:
        told.put_nowait(data)
        if told.qsize() == 1:
            raise RuntimeError("broken")

    made = UdpPlane(slow=slow, clock=asyncio.get_running_loop().time)
    made.start("127.0.0.1", 0, receive_buffer_bytes=65_536)
    try:
        with peer() as sock:
            for _ in range(2):
                sock.sendto(STUN, ("127.0.0.1", made.port))
            async with asyncio.timeout(5):
                await told.get()
                await told.get()
            assert made.totals().dropped == {"internal": 1}
    finally:
        made.stop()


async def test_a_stopped_plane_has_no_port_sends_nothing_and_raises_nothing() -> None:
    async with plane() as (made, _):
        port = made.port
        made.stop()
        made.stop()
        with pytest.raises(RuntimeError):
            _ = made.port
        made.send_slow(b"late", ("127.0.0.1", port))
        assert made.totals().dropped == {"send_error": 1}
        # The port is free again, so a restart in the same process finds it.
        made.start("127.0.0.1", port, receive_buffer_bytes=65_536)
        assert made.port == port


async def test_whoever_is_told_may_stop_the_plane() -> None:
    ended = asyncio.Event()

    def slow(*_what: object) -> None:
        made.stop()
        ended.set()

    made = UdpPlane(slow=slow, clock=asyncio.get_running_loop().time)
    made.start("127.0.0.1", 0, receive_buffer_bytes=65_536)
    with peer() as sock:
        sock.sendto(STUN, ("127.0.0.1", made.port))
        async with asyncio.timeout(5):
            await ended.wait()
    assert made.totals().dropped == {}
