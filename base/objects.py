"""What an action is about: whose it is, and the places it lies in. Pure.

Parts say it of what they keep; who may do what to it is decided in `people/grants.py`.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

ScopeKind = Literal["self", "class", "grade", "school", "district", "city"]
KINDS: Final[tuple[ScopeKind, ...]] = get_args(ScopeKind)
"""From the narrowest to the widest."""

Scope = tuple[ScopeKind, str]
HERE: Final[Scope] = ("city", "here")
"""An installation serves one city; everything in it lies there."""


@dataclass(frozen=True, slots=True)
class Object:
    """What an action is about: whose it is (ids of people) and the places it lies in."""

    owners: frozenset[str] = frozenset()
    places: frozenset[Scope] = frozenset({HERE})


WHOLE: Final = Object()
"""Everything there is: nobody's own, in the city."""
