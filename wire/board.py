"""The board as it crosses the wire (pages, strokes, points), and the fold of events into it.

A snapshot is, by definition of the protocol, the fold of all board events so far. The room, a
late-comer, a replay and the tests all use this one function, so replay equals live.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from wire.common import Id, Milliseconds, Sequence, ShortText

UNITS_PER_MM = 100
"""Board coordinates are whole hundredths of a millimetre of the page, from its top left corner."""

PRESSURE_MAX = 1000
"""Pressure travels in thousandths: 0 lifted, 1000 the hardest the pen can tell."""

MAX_STROKES = 20_000
MAX_POINTS_A_STROKE = 20_000
MAX_POINTS = 500_000
MAX_PAGES = 200

Coordinate = Annotated[int, Meta(ge=-100_000, le=200_000)]
Side = Annotated[int, Meta(ge=1_000, le=200_000)]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}\Z")]
Width = Annotated[int, Meta(ge=5, le=2_000)]
PageKind = Literal["paper", "photo", "blank"]
Tool = Literal["pen", "highlighter"]


class Point(Struct, frozen=True, array_like=True, gc=False):
    """One sample of a stroke: `[x, y, pressure, dt]`. Holds numbers only, so the cycle collector
    need not look at the hundred thousands of them that a process keeps.

    x and y in board units (0.01 mm), pressure 0 to 1000, dt in ms since the stroke's previous
    point by the pen's own clock (0 for the first).
    """

    x: Coordinate
    y: Coordinate
    pressure: Annotated[int, Meta(ge=0, le=PRESSURE_MAX)]
    dt: Annotated[int, Meta(ge=0, le=3_600_000)]


Points = Annotated[list[Point], Meta(min_length=1, max_length=512)]


Sha256 = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")]
"""In hexadecimal, or empty."""


class Page(Struct, frozen=True, kw_only=True):
    """A sheet of the board: dot paper, a photo or a blank. Sizes in board units (0.01 mm)."""

    page: Id
    kind: PageKind
    width: Side
    height: Side
    paper: ShortText = ""
    """Of dot paper: the address the pen reads from the pattern, for example `3.27.999.4`."""
    photo: Id | None = None
    photo_sha256: Sha256 = ""
    """Of a photo's bytes as kept, so that a recording says which picture was seen; empty in older ones."""


class Stroke(Struct, kw_only=True):
    """Pen down to pen up. `member` and `source` say who drew it and with what."""

    stroke: Id
    page: Id
    member: Id
    source: Id
    tool: Tool
    colour: Colour
    width: Width
    points: list[Point]
    ended: bool = False


class ChatLine(Struct, frozen=True, kw_only=True):
    """One line of text of the session, `at` ms after the room opened."""

    seq: Sequence
    at: Milliseconds
    member: Id
    text: str


class Board(Struct, kw_only=True):
    """Everything drawn: pages in their order, strokes in the order they began, the open page."""

    pages: list[Page] = []
    strokes: dict[str, Stroke] = {}
    open_page: Id | None = None
