"""Dots become stroke operations: units to hundredths of a millimetre, batches of some milliseconds.

              first dot: stroke_begin          up, other paper, too many points:
              (at once)                        stroke_points, stroke_end (at once)
    lifted ──────────────────────▶ drawing ──────────────────────────────────────▶ lifted
                                   │     ▲
                                   └─────┘ dot: kept, sent as stroke_points `batch_s` later

A dot before any pen down is not taken: what was begun for one room must not end in the next.
"""

import math
from dataclasses import dataclass

from pen_bridge.protocol.events import Dot, Paper, PaperSeen, PenDown, PenEvent, PenUp, Scale
from wire.board import MAX_POINTS_A_STROKE, PRESSURE_MAX, UNITS_PER_MM, Point
from wire.room import Operation, StrokeBegin, StrokeEnd, StrokePoints

BATCH_S = 0.016
"""One frame of a 60 Hz screen: a shorter batch costs messages and shows nothing sooner."""
MAX_BATCH = 512
"""Points that one operation may hold (`wire.board.Points`)."""
_X_Y_MIN, _X_Y_MAX = -100_000, 200_000
_SIDE_MIN, _SIDE_MAX = 1_000, 200_000
_DT_MAX = 3_600_000


@dataclass(slots=True)
class LostDots:
    """Dots that did not become ink, by reason."""

    off_paper: int = 0
    """Outside what the board can hold, or no number at all."""
    no_paper: int = 0
    """The pen had not yet said which sheet it is on."""


class StrokeBuilder:
    """Makes the operations of one source in one session; `n` goes on after `last_n`.

    Stroke ids are `<source>.<n of its stroke_begin>`: unique for as long as `n` only grows, even
    over a restart of the bridge.
    """

    def __init__(
        self, source: str, last_n: int, scale: Scale, paper: Paper | None, batch_s: float = BATCH_S
    ) -> None:
        self.last_n = last_n
        self.lost = LostDots()
        self._source = source
        self._scale = scale
        self._paper = paper
        self.batch_s = batch_s
        """How long a dot may wait for others; may be changed at any time."""
        self._down = False
        self._stroke: str | None = None
        self._points = 0
        self._batch: list[Point] = []
        self._due: float | None = None
        self._pen_ms = 0.0
        """The pen's clock since pen down, and …"""
        self._told_ms = 0
        """… as much of it as the points' whole milliseconds already add up to."""

    @property
    def drawing(self) -> bool:
        """True between a stroke's first dot and its end."""
        return self._stroke is not None

    def receive(self, event: PenEvent, now: float) -> list[Operation]:
        """Return the operations that `event` completes; now in seconds."""
        match event:
            case PenDown():
                operations = self.lift()
                self._down = True
                self._pen_ms, self._told_ms = 0.0, 0
                return operations
            case PaperSeen(paper):
                operations = []
                if self._paper is not None and paper.address != self._paper.address:
                    operations = self._end()
                self._paper = paper
                return operations
            case Dot():
                return self._dot(event, now)
            case PenUp():
                return self.lift()
            case _:
                return []

    def next_timeout(self) -> float | None:
        """Return when `on_timeout` wants to be called, or None."""
        return self._due

    def on_timeout(self, now: float) -> list[Operation]:
        """Return the batch, if its time has come."""
        if self._due is None or now < self._due:
            return []
        return self._flush()

    def lift(self) -> list[Operation]:
        """End the open stroke as if the pen was lifted: also when its link is lost."""
        self._down = False
        return self._end()

    def _dot(self, dot: Dot, now: float) -> list[Operation]:
        if not self._down:
            return []
        # Its time counts even when the dot itself does not.
        if math.isfinite(dot.dt_ms) and dot.dt_ms > 0:
            self._pen_ms += dot.dt_ms
        if self._paper is None:
            self.lost.no_paper += 1
            return []
        place = self._place(dot)
        if place is None:
            self.lost.off_paper += 1
            return []
        if self._stroke is None:
            self._told_ms = round(self._pen_ms)
        told = min(self._told_ms + _DT_MAX, round(self._pen_ms))
        point = Point(*place, self._pressure(dot.force), told - self._told_ms)
        self._told_ms = told
        self._points += 1
        if self._stroke is None:
            return [self._begin(point, self._paper)]
        self._batch.append(point)
        if self._due is None:
            self._due = now + self.batch_s
        operations = self._flush() if len(self._batch) == MAX_BATCH else []
        if self._points == MAX_POINTS_A_STROKE:
            operations += self._end()
        return operations

    def _place(self, dot: Dot) -> tuple[int, int] | None:
        scale = self._scale
        x = (dot.x * scale.mm_per_unit - scale.left_mm) * UNITS_PER_MM
        y = (dot.y * scale.mm_per_unit - scale.top_mm) * UNITS_PER_MM
        # Written so that NaN fails as well.
        if not (_X_Y_MIN <= x <= _X_Y_MAX and _X_Y_MIN <= y <= _X_Y_MAX):
            return None
        return round(x), round(y)

    def _pressure(self, force: float) -> int:
        share = force / self._scale.force_max
        return round(min(1.0, share) * PRESSURE_MAX) if share > 0 else 0

    def _begin(self, point: Point, paper: Paper) -> Operation:
        n = self._next_n()
        self._stroke = f"{self._source}.{n}"
        return StrokeBegin(
            n=n,
            stroke=self._stroke,
            paper=paper.address,
            paper_width=_side(paper.width_mm),
            paper_height=_side(paper.height_mm),
            points=[point],
        )

    def _flush(self) -> list[Operation]:
        self._due = None
        if not self._batch or self._stroke is None:
            return []
        points, self._batch = self._batch, []
        return [StrokePoints(n=self._next_n(), stroke=self._stroke, points=points)]

    def _end(self) -> list[Operation]:
        if self._stroke is None:
            return []
        operations = self._flush()
        operations.append(StrokeEnd(n=self._next_n(), stroke=self._stroke))
        self._stroke = None
        self._points = 0
        return operations

    def _next_n(self) -> int:
        self.last_n += 1
        return self.last_n


def _side(millimetres: float) -> int:
    return min(_SIDE_MAX, max(_SIDE_MIN, round(millimetres * UNITS_PER_MM)))
