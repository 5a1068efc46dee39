"""How long does ink take inside the server, socket in to socket out, at 6 000 messages a second?

    python -m bench.ink_server [--rooms 100] [--rate 60] [--seconds 10]

Each room has a pen, its teacher's page and its student's page, all over real WebSockets with the
recorder on. Every ink message carries the time it was handed to the kernel in its point; the
student's side reads it back. The load runs in this process, the server in its own; what the load
generator takes to get round its own loop is in the figure too, so it is an upper bound.
"""

import argparse
import asyncio
import struct
import tempfile
import time
from pathlib import Path

import aiohttp
import numpy as np

from bench.crowd import Pair, crowd
from tests.fakes.processes import ServerProcess
from wire import codec, pen, room
from wire.board import Point
from wire.common import Hello

TICK_US = 10
SPAN = 3_600_000


class RawPen:
    """A pen's socket that sends ready frames and throws answers away, to spend little itself."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, source: str) -> None:
        self.socket = socket
        self.source = source
        self.n = 1

    async def begin(self) -> None:
        first = [Point(0, 0, 500, 0)]
        stroke = f"{self.source}.{self.n}"
        message = room.StrokeBegin(n=self.n, stroke=stroke, paper="3.27.1.1", points=first)
        await self.socket.send_bytes(codec.encode(message))
        self.stroke = stroke

    async def dot(self) -> None:
        self.n += 1
        now = int(time.monotonic() * 1e6 / TICK_US) % SPAN
        points = [Point(self.n % 10_000, 5_000, 500, now)]
        message = room.StrokePoints(n=self.n, stroke=self.stroke, points=points)
        await self.socket.send_bytes(codec.encode(message))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--rate", type=float, default=60, help="ink messages a second and room")
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        async with crowd(Path(folder), options.rooms) as (server, pairs):
            await measure(server, pairs, options.rate, options.seconds)


async def measure(server: ServerProcess, pairs: list[Pair], rate: float, seconds: float) -> None:
    delays: list[float] = []
    measuring = asyncio.Event()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http, asyncio.TaskGroup() as group:
        tasks: list[asyncio.Task[None]] = []
        pens = []
        for pair in pairs:
            pens.append(await open_pen(http, server.url, pair, group, tasks))
            for person, grant, note in (
                (pair.student, pair.student_grant, delays),
                (pair.teacher, pair.teacher_grant, None),
            ):
                socket = await http.ws_connect(f"{server.url}/ws/room", max_msg_size=0)
                await socket.send_bytes(codec.encode(Hello(versions=[1], token=person.token)))
                join = room.Join(grant=grant, source=f"web-{person.person['id'][:8]}")
                await socket.send_bytes(codec.encode(join))
                tasks.append(group.create_task(read(socket, note, measuring)))
        await asyncio.sleep(1)
        assert server.process is not None
        before = cpu_s(server.process.pid)
        started = time.monotonic()
        measuring.set()
        sent = await write(pens, rate, seconds)
        took = time.monotonic() - started
        spent = cpu_s(server.process.pid) - before
        await asyncio.sleep(0.5)
        for task in tasks:
            task.cancel()
    ms = np.asarray(delays) / 1000
    print(
        f"{len(pens)} rooms, {sent / took:.0f} ink messages/s in, {len(delays)} of {sent} came out; "
        f"delay p50 {np.percentile(ms, 50):.2f} ms, p99 {np.percentile(ms, 99):.2f} ms, "
        f"max {ms.max():.1f} ms; server {spent / sent * 1e6:.0f} us CPU a message, "
        f"{spent / took * 100:.0f} % of a core"
    )


async def open_pen(
    http: aiohttp.ClientSession,
    url: str,
    pair: Pair,
    group: asyncio.TaskGroup,
    tasks: list[asyncio.Task[None]],
) -> RawPen:
    socket = await http.ws_connect(f"{url}/ws/pen")
    await socket.send_bytes(
        codec.encode(pen.PenHello(versions=[1], token=pair.pen_token, pen=pair.pen))
    )
    while True:
        told = codec.pen_from_server(await socket.receive_bytes())
        if isinstance(told, pen.PenRoom) and told.session is not None:
            break
    await socket.send_bytes(codec.encode(pen.PenEnter(session=told.session)))
    made = RawPen(socket, told.source)
    await made.begin()
    tasks.append(group.create_task(read(socket, None, asyncio.Event())))
    return made


async def write(pens: list[RawPen], rate: float, seconds: float) -> int:
    """Send for `seconds`, the rooms spread evenly over each interval; return how many were sent."""
    started = time.monotonic()
    gap = 1 / rate / len(pens)
    sent = 0
    while (now := time.monotonic()) - started < seconds:
        while started + sent * gap <= now:
            await pens[sent % len(pens)].dot()
            sent += 1
        await asyncio.sleep(0.0005)
    return sent


async def read(
    socket: aiohttp.ClientWebSocketResponse, delays: list[float] | None, measuring: asyncio.Event
) -> None:
    """Read for ever; note the delay of each ink message in microseconds."""
    kind = b"points_drawn"
    try:
        async for frame in socket:
            if delays is None or kind not in frame.data[:40] or not measuring.is_set():
                continue
            now = int(time.monotonic() * 1e6 / TICK_US) % SPAN
            # The time is the last number of the last field: a msgpack uint 32 (0xce) or smaller.
            if frame.data[-5] == 0xCE:
                sent = struct.unpack(">I", frame.data[-4:])[0]
            else:
                sent = struct.unpack(">H", frame.data[-2:])[0]
            delays.append((now - sent) % SPAN * TICK_US)
    finally:
        await socket.close()


def cpu_s(pid: int) -> float:
    """Return the CPU seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    asyncio.run(main())
