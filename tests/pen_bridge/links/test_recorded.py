"""Files of strokes: pens' own recordings and ours, and whatever else somebody may name."""

import json
from typing import Any

import pytest

from pen_bridge.links.recorded import MAX_FILE_BYTES, BadStrokes, parse_strokes
from pen_bridge.protocol.events import Dot, Paper

PEN = {
    "units": "x, y in Ncode units (2.370667 mm); dt in ms since the previous dot; force 0..1",
    "dot": ["dt", "force", "x", "y", "tilt_x", "tilt_y", "twist"],
    "page": {"section": 3, "owner": 27, "note": 604, "page": 15},
    "strokes": [
        {"start_ms": 400, "dots": [[0, 0.3, 61.5, 12, 98, 65, 171]]},
        {"start_ms": 0, "dots": [[0, 0.2, 10, 20, 98, 65, 171], [7, 0.4, 10.5, 20, 98, 65, 171]]},
        {"start_ms": 900, "dots": []},
    ],
}
OURS: dict[str, Any] = {
    "format": "inkcall-strokes",
    "units": "mm",
    "paper": {"address": "1.1.1.1", "width": 120, "height": 80},
    "strokes": [
        {"start_ms": 0, "dots": [[0, 0.5, 10, 20]]},
        {"start_ms": 50, "dots": [[0, 0.5, 10, 20]], "paper": {"address": "1.1.1.2"}},
    ],
}


def parse(value: Any) -> Any:
    return parse_strokes(json.dumps(value).encode())


def test_a_pens_recording_is_read_in_its_units() -> None:
    recorded = parse(PEN)
    assert recorded.scale.mm_per_unit == pytest.approx(2.370667, abs=1e-6)
    first, second = recorded.strokes
    assert first.dots == (Dot(0, 0.2, 10, 20), Dot(7, 0.4, 10.5, 20))
    assert (first.start_ms, first.end_ms, second.start_ms) == (0, 7, 400)
    assert first.paper == Paper("3.27.604.15", 148.0, 210.0)
    assert recorded.duration_s == 0.4


def test_the_paper_of_a_recording_is_as_large_as_its_ink_needs() -> None:
    large = {**PEN, "strokes": [{"start_ms": 0, "dots": [[0, 1, 72.16, 85.06]]}]}
    assert parse(large).strokes[0].paper == Paper("3.27.604.15", 210.0, 297.0)
    board = {**PEN, "strokes": [{"start_ms": 0, "dots": [[0, 1, 200, 150]]}]}
    assert parse(board).strokes[0].paper == Paper("3.27.604.15", 475, 356)


def test_ours_may_turn_pages() -> None:
    recorded = parse(OURS)
    assert [stroke.paper for stroke in recorded.strokes] == [
        Paper("1.1.1.1", 120, 80),
        Paper("1.1.1.2", 148, 210),
    ]
    assert recorded.scale.mm_per_unit == 1.0


def dots(*dot: Any) -> Any:
    return {**OURS, "strokes": [{"start_ms": 0, "dots": [list(dot)]}]}


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {**OURS, "units": "inch"},
        {**OURS, "strokes": []},
        {**OURS, "strokes": [{"start_ms": 0, "dots": []}]},
        {**OURS, "strokes": [{"start_ms": -1, "dots": [[0, 1, 1, 1]]}]},
        {**OURS, "paper": {"address": "x" * 300}},
        dots(0, 1, 1),
        dots(-1, 1, 1, 1),
        dots(1e9, 1, 1, 1),
        dots(0, "hard", 1, 1),
    ],
)
def test_what_cannot_be_played_is_said(value: Any) -> None:
    with pytest.raises(BadStrokes):
        parse(value)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[" * 100_000, b" " * (MAX_FILE_BYTES + 1)], ids=len
)
def test_what_is_no_json_is_said(data: bytes) -> None:
    with pytest.raises(BadStrokes):
        parse_strokes(data)
