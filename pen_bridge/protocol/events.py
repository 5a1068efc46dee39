"""What a pen tells, the same for every family of pens; a link produces these."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paper:
    """The sheet under the pen: the address read from its pattern, its size in millimetres."""

    address: str
    width_mm: float = 148.0
    height_mm: float = 210.0


@dataclass(frozen=True, slots=True)
class Scale:
    """A pen's units: how many millimetres one of its units is, and its force at full pressure.

    `left_mm` and `top_mm` are where the visible page begins on the printed pattern.
    """

    mm_per_unit: float = 1.0
    force_max: float = 1.0
    left_mm: float = 0.0
    top_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class PenDown:
    """The tip touched something."""


@dataclass(frozen=True, slots=True)
class PaperSeen:
    """The pen knows which sheet it is on; may come before, after or amid a stroke."""

    paper: Paper


@dataclass(frozen=True, slots=True)
class Dot:
    """One sample: ms since the one before (or since pen down), force and place in pen units."""

    dt_ms: float
    force: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class PenUp:
    """The tip was lifted."""


@dataclass(frozen=True, slots=True)
class PenState:
    """How the pen is: reached by its link or not, battery 0 to 100 when it says."""

    linked: bool
    battery: int | None = None


PenEvent = PenDown | PaperSeen | Dot | PenUp | PenState
