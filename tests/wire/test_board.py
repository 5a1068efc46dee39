"""The bounds of what stands on a board."""

from typing import Any

import msgspec
import pytest

from wire.board import PRESSURE_MAX, Colour, Page, Point, Points


@pytest.mark.parametrize("colour", ["#1a1a1a", "#000000", "#f5c518"])
def test_a_colour_is_six_hex_digits(colour: str) -> None:
    assert msgspec.convert(colour, Colour) == colour


@pytest.mark.parametrize("junk", ["red", "#fff", "#1A1A1A", "#1a1a1a\n", "#1a1a1a;}", "url(x)"])
def test_a_colour_is_nothing_else(junk: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(junk, Colour)


def test_a_point_travels_as_four_numbers() -> None:
    point = Point(x=-50, y=21_000, pressure=PRESSURE_MAX, dt=8)
    assert msgspec.to_builtins(point) == [-50, 21_000, PRESSURE_MAX, 8]


@pytest.mark.parametrize(
    "junk",
    [
        [200_001, 0, 0, 0],
        [0, -100_001, 0, 0],
        [0, 0, PRESSURE_MAX + 1, 0],
        [0, 0, -1, 0],
        [0, 0, 0, -1],
        [0, 0, 0],
        [0.5, 0, 0, 0],
        {"x": 0, "y": 0, "pressure": 0, "dt": 0},
    ],
)
def test_a_point_off_the_board_or_in_another_shape_is_refused(junk: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(junk, Point)


def test_points_come_in_batches_of_1_to_512() -> None:
    assert len(msgspec.convert([[0, 0, 0, 0]] * 512, Points)) == 512
    for count in (0, 513):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert([[0, 0, 0, 0]] * count, Points)


@pytest.mark.parametrize("side", [999, 200_001])
def test_a_page_is_between_a_stamp_and_a_poster(side: int) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"page": "a", "kind": "blank", "width": side, "height": 21_000}, Page)
