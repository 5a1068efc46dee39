"""How long does ink take inside the server, socket in to socket out, at 6 000 messages a second?

    python -m bench.ink_server [--rooms 100] [--rate 60] [--seconds 10]

Each room has a pen, its teacher's page and its student's page, all over real WebSockets with the
recorder on. Every ink message carries the time it was handed to the kernel in its point; the
student's side reads it back. The load is one plain epoll loop over raw sockets, cheap enough that
it does not measure itself: its own lateness is printed beside. The server runs in its own process.
"""

import argparse
import asyncio
import base64
import gc
import os
import selectors
import socket
import struct
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.crowd import Pair, crowd
from tests.fakes.processes import ServerProcess
from wire import codec, pen, room
from wire.board import Point
from wire.common import Hello, Message

TICK_US = 10
FLOOR = 65_536
"""Times are carried as numbers from here on, so that msgpack always gives them five bytes."""
SPAN = 3_000_000
KIND = b"points_drawn"


class RawSocket:
    """A WebSocket client of the least cost: ready frames out, frames in without a copy too many."""

    def __init__(self, port: int, path: str) -> None:
        self.link = socket.create_connection(("127.0.0.1", port))
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.link.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._left = b""
        while b"\r\n\r\n" not in self._left:
            self._left += self.link.recv(4096)
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        assert b" 101 " in head.splitlines()[0], head

    def send(self, message: Message) -> None:
        """Send a message; the mask is zero, which masks nothing and is allowed."""
        payload = codec.encode(message)
        size = len(payload)
        head = (
            bytes((0x82, 0x80 | size))
            if size < 126
            else bytes((0x82, 0x80 | 126)) + size.to_bytes(2, "big")
        )
        self.link.sendall(head + bytes(4) + payload)

    def receive(self) -> Iterator[bytes]:
        """Yield the payloads that are there, waiting for the first bytes if the socket blocks."""
        data = self._left + self.link.recv(262_144)
        at = 0
        while len(data) - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                size, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if len(data) < start + size:
                break
            yield data[start : start + size]
            at = start + size
        self._left = data[at:]


class Pen:
    """One room's pen in the middle of a stroke."""

    def __init__(self, port: int, pair: Pair) -> None:
        self.socket = RawSocket(port, "/ws/pen")
        self.socket.send(pen.PenHello(versions=[1], token=pair.pen_token, pen=pair.pen))
        source = ""
        while not source:
            for payload in self.socket.receive():
                told = codec.pen_from_server(payload)
                if isinstance(told, pen.PenRoom) and told.session is not None:
                    source = told.source
                    self.socket.send(pen.PenEnter(session=told.session))
        self.n = 1
        self.stroke = f"{source}.1"
        begin = room.StrokeBegin(
            n=1, stroke=self.stroke, paper="3.27.1.1", points=[Point(0, 0, 500, 0)]
        )
        self.socket.send(begin)

    def dot(self) -> None:
        self.n += 1
        points = [Point(self.n % 10_000, 5_000, 500, FLOOR + ticks())]
        self.socket.send(room.StrokePoints(n=self.n, stroke=self.stroke, points=points))


def page(port: int, token: str, grant: str, source: str) -> RawSocket:
    """Join a room."""
    made = RawSocket(port, "/ws/room")
    made.send(Hello(versions=[1], token=token))
    made.send(room.Join(grant=grant, source=source))
    return made


def ticks() -> int:
    return int(time.monotonic() * 1e6 / TICK_US) % SPAN


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--rate", type=float, default=60, help="ink messages a second and room")
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        async with crowd(Path(folder), options.rooms) as (server, pairs):
            await asyncio.to_thread(measure, server, pairs, options.rate, options.seconds)


def measure(server: ServerProcess, pairs: list[Pair], rate: float, seconds: float) -> None:
    pens = [Pen(server.port, pair) for pair in pairs]
    selector = selectors.EpollSelector()
    for number, pair in enumerate(pairs):
        student_peer = page(server.port, pair.student.token, pair.student_grant, f"s{number}")
        teacher_peer = page(server.port, pair.teacher.token, pair.teacher_grant, f"t{number}")
        selector.register(student_peer.link, selectors.EVENT_READ, (student_peer, True))
        selector.register(teacher_peer.link, selectors.EVENT_READ, (teacher_peer, False))
        selector.register(
            pens[number].socket.link, selectors.EVENT_READ, (pens[number].socket, False)
        )
    delays: list[int] = []
    drain(selector, delays, until=time.monotonic() + 1)
    delays.clear()
    assert server.process is not None
    gc.collect()
    gc.disable()
    before, started = cpu_s(server.process.pid), time.monotonic()
    sent, late = 0, []
    gap = 1 / rate / len(pens)
    while (now := time.monotonic()) - started < seconds:
        due = started + sent * gap
        if now >= due:
            late.append(now - due)
            pens[sent % len(pens)].dot()
            sent += 1
        drain(selector, delays, until=min(started + sent * gap, now + 0.002))
    took = time.monotonic() - started
    spent = cpu_s(server.process.pid) - before
    drain(selector, delays, until=time.monotonic() + 0.5)
    gc.enable()
    ms = np.asarray(delays) / 1000
    lateness = np.asarray(late) * 1000
    print(
        f"{len(pens)} rooms, {sent / took:.0f} ink messages/s in, {len(delays)} of {sent} came out; "
        f"delay p50 {np.percentile(ms, 50):.2f} ms, p99 {np.percentile(ms, 99):.2f} ms, "
        f"max {ms.max():.1f} ms; server {spent / sent * 1e6:.0f} us CPU a message, "
        f"{spent / took * 100:.0f} % of a core; load generator late p99 "
        f"{np.percentile(lateness, 99):.2f} ms"
    )


def drain(selector: selectors.BaseSelector, delays: list[int], until: float) -> None:
    """Read what comes until a moment; note the delay of each student's ink in microseconds."""
    while True:
        wait = until - time.monotonic()
        for key, _ in selector.select(max(0.0, wait)):
            link, counts = key.data
            for payload in link.receive():
                if counts and KIND in payload[:40]:
                    sent = struct.unpack(">I", payload[-4:])[0] - FLOOR
                    delays.append((ticks() - sent) % SPAN * TICK_US)
        if wait <= 0:
            return


def cpu_s(pid: int) -> float:
    """Return the CPU seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    asyncio.run(main())
