"""The socket of the Python plane: bound once, read in batches, closed without a trace."""

import asyncio
import os
import socket
import time
from pathlib import Path

import pytest

from server.media import MediaConfig, MediaEndpoint
from server.media.udp import UdpSocket
from tests.fakes.media_call import MediaCall, exchange, media_call


def opened(call: MediaCall) -> UdpSocket:
    """The socket of a call's plane."""
    udp = call.endpoint.plane._udp  # type: ignore[attr-defined]
    assert isinstance(udp, UdpSocket)
    return udp


async def test_trap_07_one_port_belongs_to_one_process() -> None:
    async with media_call() as call:
        sock = opened(call)._socket
        assert sock is not None
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT) == 0
        taken = call.endpoint.port
        second = MediaEndpoint(
            config=MediaConfig(host="127.0.0.1", port=taken), clock=time.monotonic
        )
        with pytest.raises(OSError, match=f"UDP 127.0.0.1 port {taken} is in use"):
            await second.start()
        await second.close()


async def test_trap_08_what_the_kernel_throws_away_is_counted() -> None:
    async with media_call(receive_buffer_bytes=8192) as call:
        a, b = await call.talk()
        for _ in range(500):  # without giving the endpoint a chance to read
            a.speak(bytes(400))
        await call.until(lambda: call.endpoint.stats().packets_out > 0)

        def counted() -> bool:
            a.speak()  # the count travels with the next datagram
            return call.endpoint.stats().kernel_drops > 100

        await call.until(counted)
        heard = len(b.heard)
        assert heard < 500
        b.heard.clear()
        await exchange(call, a, b)


async def test_trap_08_the_receive_buffer_is_as_large_as_asked() -> None:
    async with media_call() as call:
        sock = opened(call)._socket
        assert sock is not None
        limit = int(Path("/proc/sys/net/core/rmem_max").read_text())
        granted = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
        assert granted == 4 * 1024 * 1024 if os.geteuid() == 0 else min(limit, 4 * 1024 * 1024)


async def test_much_at_once_is_gathered_and_all_of_it_forwarded_then_calm_again() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        udp = opened(call)
        sent = 0
        async with asyncio.timeout(20):
            while udp._gathering is None:
                for _ in range(60):
                    a.speak()
                    sent += 1
                await asyncio.sleep(0.01)
        for _ in range(20):
            a.speak()
            sent += 1
            await asyncio.sleep(0.005)
        assert len(await b.until_heard(sent)) == sent
        await call.until(lambda: udp._gathering is None)
        await exchange(call, a, b)
    # Leaving while datagrams are gathering must leave no timer and no reader behind.
    async with media_call() as call:
        a, _ = await call.talk()
        udp = opened(call)
        async with asyncio.timeout(20):
            while udp._gathering is None:
                for _ in range(60):
                    a.speak()
                await asyncio.sleep(0.01)
