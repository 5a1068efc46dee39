"""A virtual pen: plays recorded strokes in their own time, once for every session."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NoReturn

from pen_bridge.clock import Clock
from pen_bridge.links.recorded import Recorded, RecordedStroke
from pen_bridge.protocol.events import Dot, PaperSeen, PenDown, PenEvent, PenState, PenUp, Scale
from pen_bridge.watch import Watch

_LOOP_PAUSE_S = 2.0


class VirtualPen:
    """Waits for a session, writes, and waits for the next one; `loop` writes again and again."""

    def __init__(
        self,
        recorded: Recorded,
        clock: Clock,
        *,
        speed: float = 1.0,
        delay_s: float = 1.0,
        loop: bool = False,
    ) -> None:
        """`speed` 2 writes twice as fast; `delay_s` is from the room to the first dot."""
        self._recorded = recorded
        self._clock = clock
        self._speed = speed
        self._delay_s = delay_s
        self._loop = loop

    @property
    def model(self) -> str:
        return "virtual pen"

    @property
    def scale(self) -> Scale:
        return self._recorded.scale

    async def run(self, emit: Callable[[PenEvent], None], session: Watch[str | None]) -> NoReturn:
        emit(PenState(linked=True))
        while True:
            if session.value is None:
                await session.changed()
            elif await self._write(emit, session, self._delay_s):
                while self._loop and await self._write(emit, session, _LOOP_PAUSE_S / self._speed):
                    pass
                if not self._loop:
                    await session.changed()

    async def _write(
        self, emit: Callable[[PenEvent], None], session: Watch[str | None], delay_s: float
    ) -> bool:
        """Write everything once; false when the session changed meanwhile."""
        begin = self._clock.now() + delay_s
        here = session.value
        for stroke in self._recorded.strokes:
            for at_s, event in timed(stroke, self._speed):
                wait = begin + at_s - self._clock.now()
                if wait > 0:
                    await _changes(session, within_s=wait)
                if session.value != here:
                    emit(PenUp())
                    return False
                emit(event)
        return True


def timed(stroke: RecordedStroke, speed: float) -> Iterator[tuple[float, PenEvent]]:
    """Yield a stroke's events with their time in seconds after the start of playing.

    A faster pen has shorter times between its dots as well, so that what is recorded of it plays
    as fast as it was seen.
    """
    at_ms = stroke.start_ms / speed
    yield at_ms / 1000, PenDown()
    yield at_ms / 1000, PaperSeen(stroke.paper)
    for dot in stroke.dots:
        dt_ms = dot.dt_ms / speed
        at_ms += dt_ms
        yield at_ms / 1000, Dot(dt_ms, dot.force, dot.x, dot.y)
    yield at_ms / 1000, PenUp()


async def _changes(session: Watch[str | None], within_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await session.changed()
