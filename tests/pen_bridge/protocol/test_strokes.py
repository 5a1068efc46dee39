"""Dots to operations: every dot once, in order, where and when it was, in messages the wire takes."""

import math
from itertools import accumulate

import pytest
from hypothesis import given, settings, strategies as st

from pen_bridge.protocol.events import Dot, Paper, PaperSeen, PenDown, PenEvent, PenUp, Scale
from pen_bridge.protocol.strokes import BATCH_S, MAX_BATCH, StrokeBuilder
from wire.board import MAX_POINTS_A_STROKE, Point
from wire.codec import encode, pen_from_client
from wire.room import Operation, StrokeBegin, StrokeEnd, StrokePoints

PAPER = Paper("3.27.604.1", 176.0, 250.0)
OTHER = Paper("3.27.604.2", 176.0, 250.0)
NCODE = Scale(mm_per_unit=2.370667, force_max=852.0, left_mm=13.0, top_mm=13.0)

dots = st.builds(
    Dot,
    dt_ms=st.integers(0, 300) | st.floats(0, 300),
    force=st.floats(-10, 2000),
    x=st.floats(-20, 200),
    y=st.floats(-20, 200),
)
strokes = st.lists(st.lists(dots, max_size=40), max_size=8)


def builder(scale: Scale = NCODE, paper: Paper | None = PAPER, last_n: int = 0) -> StrokeBuilder:
    return StrokeBuilder("pen-p1", last_n, scale, paper)


def fold(operations: list[Operation]) -> list[list[Point]]:
    """Return the strokes' points; fails on what a room would refuse."""
    done: dict[str, list[Point]] = {}
    open_stroke: str | None = None
    for operation in operations:
        assert pen_from_client(encode(operation)) == operation
        match operation:
            case StrokeBegin():
                assert open_stroke is None and operation.stroke not in done
                assert operation.stroke.startswith("pen-p1.")
                open_stroke = operation.stroke
                done[open_stroke] = list(operation.points)
            case StrokePoints():
                assert operation.stroke == open_stroke
                done[operation.stroke] += operation.points
            case StrokeEnd():
                assert operation.stroke == open_stroke
                open_stroke = None
    assert open_stroke is None
    return list(done.values())


@settings(deadline=None)
@given(strokes, st.lists(st.floats(0, 0.05), min_size=1, max_size=20))
def test_every_dot_is_there_once_in_order_and_within_half_a_hundredth(
    written: list[list[Dot]], gaps: list[float]
) -> None:
    made = builder(last_n=41)
    operations: list[Operation] = []
    now = 0.0
    for count, stroke in enumerate(written):
        events: list[PenEvent] = [PenDown(), PaperSeen(PAPER), *stroke, PenUp()]
        for event in events:
            now += gaps[count % len(gaps)]
            operations += made.on_timeout(now)
            operations += made.receive(event, now)
    assert made.next_timeout() is None
    assert [operation.n for operation in operations] == list(range(42, 42 + len(operations)))
    assert made.last_n == 41 + len(operations)

    drawn = fold(operations)
    expected = [stroke for stroke in written if stroke]
    assert [len(points) for points in drawn] == [len(stroke) for stroke in expected]
    for points, stroke in zip(drawn, expected, strict=True):
        begun = stroke[0].dt_ms
        for point, dot in zip(points, stroke, strict=True):
            assert abs(point.x / 100 - (dot.x * 2.370667 - 13)) <= 0.005 + 1e-9
            assert abs(point.y / 100 - (dot.y * 2.370667 - 13)) <= 0.005 + 1e-9
            assert abs(point.pressure - 1000 * min(1, max(0, dot.force / 852))) <= 0.5
        assert points[0].dt == 0
        # Whole milliseconds, yet never more than one away from the pen's own time.
        told = accumulate(point.dt for point in points)
        pen = accumulate(dot.dt_ms for dot in stroke)
        assert all(abs(a - (b - begun)) <= 1 + 1e-6 for a, b in zip(told, pen, strict=True))


def test_the_first_dot_goes_at_once_and_the_next_wait_for_a_batch() -> None:
    made = builder()
    assert made.receive(PenDown(), 10.0) == []
    (begin,) = made.receive(Dot(5, 426, 30, 40), 10.0)
    assert isinstance(begin, StrokeBegin)
    assert begin.paper == PAPER.address
    assert (begin.paper_width, begin.paper_height) == (17_600, 25_000)
    assert begin.points == [Point(5812, 8183, 500, 0)]
    assert made.next_timeout() is None

    assert made.receive(Dot(8, 426, 30, 40), 10.001) == []
    assert made.receive(Dot(8, 426, 30, 40), 10.009) == []
    assert made.next_timeout() == 10.001 + BATCH_S
    assert made.on_timeout(10.016) == []
    (more,) = made.on_timeout(10.018)
    assert isinstance(more, StrokePoints)
    assert [point.dt for point in more.points] == [8, 8]
    assert made.next_timeout() is None
    (end,) = made.receive(PenUp(), 10.02)
    assert isinstance(end, StrokeEnd)


def test_sliding_onto_another_sheet_ends_the_stroke_and_begins_one_there() -> None:
    made = builder()
    events: list[PenEvent] = [PenDown(), PaperSeen(PAPER), Dot(0, 1, 10, 10), Dot(9, 1, 11, 10)]
    events += [PaperSeen(OTHER), Dot(9, 1, 1, 10), PenUp()]
    operations = [o for event in events for o in made.receive(event, 0.0)]
    assert [len(points) for points in fold(operations)] == [2, 1]
    assert [o.paper for o in operations if isinstance(o, StrokeBegin)] == [
        PAPER.address,
        OTHER.address,
    ]


def test_the_same_sheet_named_again_changes_nothing() -> None:
    made = builder()
    events: list[PenEvent] = [PenDown(), Dot(0, 1, 10, 10), PaperSeen(PAPER), Dot(9, 1, 11, 10)]
    operations = [o for event in (*events, PenUp()) for o in made.receive(event, 0.0)]
    assert [len(points) for points in fold(operations)] == [2]


@pytest.mark.parametrize("place", [math.nan, math.inf, -math.inf, 1e6, -1e6, 1e300])
def test_a_dot_that_is_nowhere_is_left_out_but_its_time_is_not(place: float) -> None:
    made = builder()
    events: list[PenEvent] = [
        PenDown(),
        Dot(0, 1, 10, 10),
        Dot(7, 1, place, 10),
        Dot(8, 1, 11, 10),
        PenUp(),
    ]
    (points,) = fold([o for event in events for o in made.receive(event, 0.0)])
    assert [point.dt for point in points] == [0, 15]
    assert made.lost.off_paper == 1


@pytest.mark.parametrize("dt", [math.nan, -5.0, math.inf, 1e12])
@pytest.mark.parametrize("force", [math.nan, math.inf, -math.inf])
def test_no_number_of_a_pen_makes_a_message_the_wire_refuses(dt: float, force: float) -> None:
    made = builder()
    events: list[PenEvent] = [
        PenDown(),
        Dot(dt, force, 10, 10),
        Dot(dt, force, 10, 10),
        Dot(5, 1, 1, 1),
        PenUp(),
    ]
    (points,) = fold([o for event in events for o in made.receive(event, 0.0)])
    assert len(points) == 3


def test_without_paper_there_is_no_ink() -> None:
    made = builder(paper=None)
    events: list[PenEvent] = [
        PenDown(),
        Dot(0, 1, 10, 10),
        PaperSeen(PAPER),
        Dot(9, 1, 11, 10),
        PenUp(),
    ]
    (points,) = fold([o for event in events for o in made.receive(event, 0.0)])
    assert len(points) == 1
    assert made.lost.no_paper == 1


def test_dots_before_a_pen_down_belong_to_no_stroke_of_ours() -> None:
    made = builder()
    assert made.receive(Dot(5, 1, 10, 10), 0.0) == []
    assert made.receive(PenUp(), 0.0) == []


def test_a_down_without_an_up_ends_the_stroke_before() -> None:
    made = builder()
    events: list[PenEvent] = [
        PenDown(),
        Dot(0, 1, 1, 1),
        PenDown(),
        Dot(0, 1, 2, 2),
        PenUp(),
        PenUp(),
    ]
    assert len(fold([o for event in events for o in made.receive(event, 0.0)])) == 2


def test_a_stroke_longer_than_a_board_takes_goes_on_as_another() -> None:
    made = builder()
    count = 2 * MAX_POINTS_A_STROKE + 3
    events: list[PenEvent] = [PenDown(), *([Dot(10, 400, 10, 10)] * count), PenUp()]
    operations = [o for event in events for o in made.receive(event, 0.0)]
    assert [len(points) for points in fold(operations)] == [20_000, 20_000, 3]
    assert max(len(o.points) for o in operations if isinstance(o, StrokePoints)) == MAX_BATCH
