"""Recorded strokes: what a virtual pen plays, and the JSON files they are read from.

    {"format": "inkcall-strokes", "units": "mm", "paper": {"address", "width", "height"},
     "strokes": [{"start_ms": 0, "dots": [[dt, force, x, y, ...], ...], "paper"?: {...}}]}

Files of pen recordings are read as well: `units` names Ncode units, and `page` holds section,
owner, note and page. dt in ms since the previous dot, force 0 to 1; more columns are ignored.
"""

import math
from dataclasses import dataclass
from itertools import chain
from typing import Annotated

import msgspec

from pen_bridge.protocol.events import Dot, Paper, Scale
from wire.common import ShortText

MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_STROKES = 20_000

NCODE_MM = 25.4 * 56 / 600
"""An Ncode unit is a cell of 56 x 56 px at 600 dpi (Neo smartpen, Getting Started Guide, 2.2)."""

A5 = (148.0, 210.0)
A4 = (210.0, 297.0)


class BadStrokes(Exception):
    """The file holds no strokes that can be played; the text says why."""


@dataclass(frozen=True, slots=True)
class RecordedStroke:
    """Pen down at `start_ms` on `paper`, then the dots, then pen up."""

    start_ms: float
    paper: Paper
    dots: tuple[Dot, ...]

    @property
    def end_ms(self) -> float:
        """When the pen is lifted."""
        return self.start_ms + sum(dot.dt_ms for dot in self.dots)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Strokes in the order of their start, none empty, and the units of their dots."""

    scale: Scale
    strokes: tuple[RecordedStroke, ...]

    @property
    def duration_s(self) -> float:
        """From the start of playing to the last pen up, in seconds."""
        return max((stroke.end_ms for stroke in self.strokes), default=0.0) / 1000


Millimetres = Annotated[float, msgspec.Meta(ge=10, le=2000)]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]


class _Paper(msgspec.Struct):
    address: ShortText
    width: Millimetres = A5[0]
    height: Millimetres = A5[1]


class _Address(msgspec.Struct):
    section: Number
    owner: Number
    note: Number
    page: Number


class _Stroke(msgspec.Struct):
    start_ms: Annotated[float, msgspec.Meta(ge=0, le=86_400_000)]
    dots: list[Annotated[list[float], msgspec.Meta(min_length=4, max_length=16)]]
    paper: _Paper | None = None


class _File(msgspec.Struct):
    units: str
    strokes: Annotated[list[_Stroke], msgspec.Meta(max_length=MAX_STROKES)]
    format: str = ""
    paper: _Paper | None = None
    page: _Address | None = None


def parse_strokes(data: bytes) -> Recorded:
    """Return the strokes of a file's bytes; raise `BadStrokes`."""
    if len(data) > MAX_FILE_BYTES:
        raise BadStrokes(f"it is larger than {MAX_FILE_BYTES // 1024**2} MiB")
    try:
        file = msgspec.json.decode(data, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadStrokes(f"it is no file of strokes ({error})") from error
    scale = Scale(mm_per_unit=_unit(file.units))
    strokes = sorted((stroke for stroke in file.strokes if stroke.dots), key=lambda s: s.start_ms)
    if not strokes:
        raise BadStrokes("it holds no stroke")
    for dot in chain.from_iterable(stroke.dots for stroke in strokes):
        if not 0 <= dot[0] <= 60_000:
            raise BadStrokes("the time between two dots must be 0 to 60000 ms")
    paper = _paper(file, strokes, scale)
    return Recorded(
        scale,
        tuple(
            RecordedStroke(
                stroke.start_ms,
                paper if stroke.paper is None else _given(stroke.paper),
                tuple(Dot(*dot[:4]) for dot in stroke.dots),
            )
            for stroke in strokes
        ),
    )


def _unit(units: str) -> float:
    if "ncode" in units.lower():
        return NCODE_MM
    if units.split(";")[0].strip() == "mm":
        return 1.0
    raise BadStrokes('its units are neither "mm" nor Ncode units')


def _given(paper: _Paper) -> Paper:
    return Paper(paper.address, paper.width, paper.height)


def _paper(file: _File, strokes: list[_Stroke], scale: Scale) -> Paper:
    """Return the file's sheet; where it tells no size, the smallest common one that fits."""
    if file.paper is not None:
        return _given(file.paper)
    address = "1.1.1.1"
    if (page := file.page) is not None:
        address = f"{page.section}.{page.owner}.{page.note}.{page.page}"
    dots = list(chain.from_iterable(stroke.dots for stroke in strokes))
    right = max(dot[2] for dot in dots) * scale.mm_per_unit
    bottom = max(dot[3] for dot in dots) * scale.mm_per_unit
    for width, height in (A5, A4):
        if right <= width and bottom <= height:
            return Paper(address, width, height)
    return Paper(address, math.ceil(min(right, 2000)), math.ceil(min(bottom, 2000)))
