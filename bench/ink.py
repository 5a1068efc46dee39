"""How long from a dot on the pen's link until it is painted in the student's browser?

    python -m bench.ink [--seconds 20] [--hertz 100]

The real bridge with its default batching, a real server with the recorder on, a real Chromium.
This process stands where a pen's link stands and notes the wall clock at each dot; the page notes
when it painted which of the room's events; the recording tells which event carried which dot.
The server part alone, at 6 000 messages a second, is `python -m bench.ink_server`.
"""

import argparse
import asyncio
import io
import math
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np

from pen_bridge.addresses import parse_server
from pen_bridge.bridge import Bridge
from pen_bridge.clock import Clock
from pen_bridge.ink import Ink
from pen_bridge.protocol.events import Dot, Paper, PaperSeen, PenDown, PenEvent, PenUp, Scale
from pen_bridge.status import StatusLine
from pen_bridge.uplink import Uplink
from pen_bridge.watch import Watch
from recorder.library import Library
from tests.fakes.browser import Person
from tests.fakes.calls import begin, hang_up, two_people
from tests.fakes.processes import ServerProcess, running_server
from wire.codec import decode_event
from wire.pen import PenHello
from wire.room import PointsDrawn, StrokeBegan

STROKE_DOTS = 80


class MeasuredPen:
    """A link that writes loops at a steady rate and notes when each dot was handed over."""

    model = "bench"
    scale = Scale()

    def __init__(self, hertz: float) -> None:
        self.hertz = hertz
        self.at_ms: list[float] = []
        self.writing = asyncio.Event()

    async def run(self, emit: Callable[[PenEvent], None], session: Watch[str | None]) -> NoReturn:
        await self.writing.wait()
        begin = time.monotonic()
        count = 0
        while True:
            emit(PenDown())
            emit(PaperSeen(Paper("1.1.1.1")))
            for step in range(STROKE_DOTS):
                wait = begin + count / self.hertz - time.monotonic()
                if wait > 0:
                    await asyncio.sleep(wait)
                x = 20 + count % 800 / 8 + 4 * math.sin(step / 5)
                y = 20 + count // 800 * 12 % 160 + 4 * math.cos(step / 5)
                self.at_ms.append(time.time() * 1000)
                emit(Dot(1000 / self.hertz, 0.5, x, y))
                count += 1
            emit(PenUp())


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--hertz", type=float, default=100, help="dots a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running_server(Path(folder)) as server,
            two_people(server.url, server.url) as (student, teacher),
        ):
            await begin(student, teacher)
            pen, paints = await write(server, student, options.hertz, options.seconds)
            await hang_up(teacher)
            await student.by("rating-form").wait_for()
            report(pen, paints, server)


async def write(
    server: ServerProcess, student: Person, hertz: float, seconds: float
) -> tuple[MeasuredPen, list[tuple[int, float]]]:
    pen = MeasuredPen(hertz)
    ink = Ink(pen.scale)
    token = (server.data / "demo-pen.token").read_text().strip()
    hello = PenHello(versions=[1], token=token, pen="demo-pen", model=pen.model)
    clock = Clock()
    uplink = Uplink(parse_server(server.url), hello, ink, clock, random.Random(1))
    bridge = Bridge(pen, ink, uplink, clock, StatusLine(io.StringIO()))
    stop = asyncio.Event()
    paints: dict[int, float] = {}
    async with asyncio.TaskGroup() as group:
        group.create_task(bridge.run(stop))
        while uplink.shared.session.value is None:
            await uplink.shared.session.changed()
        pen.writing.set()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.sleep(2)
            paints.update(await painted(student))
        stop.set()
    await asyncio.sleep(0.5)
    paints.update(await painted(student))
    return pen, sorted(paints.items())


async def painted(student: Person) -> dict[int, float]:
    """Return when the tab first painted each sequence number, Unix ms."""
    rows = await student.page.evaluate("() => window.__inkcall.room.paints")
    first: dict[int, float] = {}
    for seq, at in rows:
        first.setdefault(seq, at)
    return first


def report(pen: MeasuredPen, paints: list[tuple[int, float]], server: ServerProcess) -> None:
    library = Library(server.data / "recordings")
    session = next(iter(library.sessions()))
    carried: list[int] = []
    for payload in library.events(session):
        event = decode_event(payload)
        if isinstance(event, StrokeBegan | PointsDrawn):
            carried += [event.seq] * len(event.points)
    seqs = np.asarray([seq for seq, _ in paints])
    ats = np.asarray([at for _, at in paints])
    delays = []
    for seq, emitted in zip(carried, pen.at_ms, strict=False):
        place = int(np.searchsorted(seqs, seq))
        if place < len(ats):
            delays.append(ats[place] - emitted)
    ms = np.asarray(delays)
    print(
        f"{len(pen.at_ms)} dots at {pen.hertz:.0f} a second, {len(ms)} seen painted: "
        f"median {np.median(ms):.1f} ms, p95 {np.percentile(ms, 95):.1f} ms, "
        f"p99 {np.percentile(ms, 99):.1f} ms, max {ms.max():.1f} ms"
    )


if __name__ == "__main__":
    asyncio.run(main())
