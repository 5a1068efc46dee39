"""The virtual pen in time: once a session, in its rhythm, at its speed, and lifted when it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pen_bridge.clock import Clock
from pen_bridge.links.recorded import Recorded, RecordedStroke
from pen_bridge.links.virtual import VirtualPen, timed
from pen_bridge.protocol.events import Dot, Paper, PenDown, PenEvent, PenState, PenUp, Scale
from pen_bridge.watch import Watch
from tests.fakes.pen_server import until

PAPER = Paper("1.1.1.1")


def strokes(count: int, pause_ms: float = 20.0) -> Recorded:
    dots = (Dot(0, 0.5, 1, 1), Dot(10, 0.5, 2, 1))
    return Recorded(Scale(), tuple(RecordedStroke(n * pause_ms, PAPER, dots) for n in range(count)))


@dataclass
class Written:
    session: Watch[str | None] = field(default_factory=lambda: Watch(None))
    events: list[tuple[float, PenEvent]] = field(default_factory=list)

    def count(self, kind: type) -> int:
        return sum(isinstance(event, kind) for _, event in self.events)


@asynccontextmanager
async def playing(virtual: VirtualPen) -> AsyncIterator[Written]:
    written, clock = Written(), Clock()
    async with asyncio.TaskGroup() as group:

        def emit(event: PenEvent) -> None:
            written.events.append((clock.now(), event))

        task = group.create_task(virtual.run(emit, written.session))
        yield written
        task.cancel()


async def test_it_writes_once_for_every_session_and_not_before() -> None:
    async with playing(VirtualPen(strokes(3), Clock(), delay_s=0.05)) as written:
        await until(lambda: written.count(PenState) == 1)
        assert len(written.events) == 1
        entered = Clock().now()
        written.session.set("s_1")
        await until(lambda: written.count(PenUp) == 3)
        written.session.set("s_2")
        await until(lambda: written.count(PenUp) == 6)
        first = next(at for at, event in written.events if isinstance(event, PenDown))
        assert first - entered >= 0.05
        assert written.count(Dot) == 12


async def test_a_session_that_ends_amid_a_stroke_lifts_the_pen_and_the_next_begins_anew() -> None:
    async with playing(VirtualPen(strokes(1000), Clock(), delay_s=0)) as written:
        written.session.set("s_1")
        await until(lambda: written.count(Dot) >= 5)
        written.session.set(None)
        await until(lambda: isinstance(written.events[-1][1], PenUp))
        here = len(written.events)
        written.session.set("s_2")
        await until(lambda: len(written.events) > here)
        assert isinstance(written.events[here][1], PenDown)


async def test_it_can_write_again_and_again() -> None:
    async with playing(VirtualPen(strokes(1), Clock(), delay_s=0, speed=100, loop=True)) as written:
        written.session.set("s_1")
        await until(lambda: written.count(PenUp) >= 4)


def test_twice_as_fast_is_half_the_time_between_dots_as_well() -> None:
    (stroke,) = strokes(1).strokes
    late = RecordedStroke(1000, stroke.paper, stroke.dots)
    timeline = list(timed(late, speed=2))
    assert [at for at, event in timeline if isinstance(event, Dot)] == [0.5, 0.505]
    assert [event.dt_ms for _, event in timeline if isinstance(event, Dot)] == [0, 5]


async def test_it_keeps_its_rhythm() -> None:
    recorded = strokes(20, pause_ms=25)
    async with playing(VirtualPen(recorded, Clock(), delay_s=0)) as written:
        written.session.set("s_1")
        begun = Clock().now()
        await until(lambda: written.count(PenUp) == 20)
    # Never early; and not drifting, however late single dots are on a busy machine.
    dots = [at - begun for at, event in written.events if isinstance(event, Dot)]
    due = [n * 0.025 + d for n in range(20) for d in (0, 0.010)]
    assert all(at >= planned - 0.002 for at, planned in zip(dots, due, strict=True))
