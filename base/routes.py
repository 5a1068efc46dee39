"""A row of the HTTP interface as data: what is asked, who may ask, what comes back. Pure.

Part.routes ── services found once, at the start ──> request ── may? ──> handler ──> answer
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal

from base.objects import WHOLE, Object
from wire.common import Role

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
RouteHandler = Callable[..., Awaitable[Any]]
"""Takes an `Asked`, the decoded body when the row has one, and services; returns what the row `returns`.

    async def rename(asked: Asked, name: NewName, things: ThingService) -> None

The parameter of the row's `body` type is the body; every other one is a service, by its class or
the interface it fulfils, as `Process.need` finds it once at the start.
"""
Loader = Callable[..., Awaitable[Object]]
"""Takes an `Asked` and services, as a handler does; returns the object a rule is about, or refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as a part sees it that knows nothing of HTTP."""

    person: str
    """Who asks; empty when the row is public."""
    role: Role | None
    """Theirs; None when the row is public."""
    address: str
    """Where the request is from, for throttles."""
    path: Mapping[str, str]
    """What stands in the place of each name in the row's path."""
    query: Mapping[str, int | str]
    """Every parameter that the row names, within its bounds."""

    def number(self, name: str) -> int:
        """Return a parameter of kind `number`."""
        return int(self.query[name])

    def text(self, name: str) -> str:
        """Return a parameter of another kind; empty when it is not there."""
        return str(self.query[name])


@dataclass(frozen=True, slots=True)
class Public:
    """Anybody, without a token. `why` it is safe stands in the interface's description."""

    why: str = ""


PUBLIC: Final = Public()


async def own(asked: Asked) -> Object:
    """Return what is always the asker's own: their account, their list."""
    return Object(owners=frozenset({asked.person}))


async def whole(_asked: Asked) -> Object:
    """Return everything there is."""
    return WHOLE


@dataclass(frozen=True, slots=True)
class Rule:
    """Whoever may do `action` to the object that `of` loads.

    `hidden` is the code that someone hears to whom the object belongs not: the one they would hear
    if there were none. Without it they hear `forbidden`.
    """

    action: str
    of: Loader
    hidden: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parameter of the query. Whole numbers are kept between `least` and `most`."""

    name: str
    kind: Literal["number", "text", "moment"] = "text"
    default: int = 0
    least: int = 0
    most: int = 0
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Binary:
    """A body that is no JSON: its media types, and how large one may be (bytes, 0: not said)."""

    types: tuple[str, ...]
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Another success than the row's own: `status` with the same or another body."""

    status: int
    returns: Any = None


@dataclass(frozen=True, slots=True)
class Route:
    """One request of the interface. There is none without `may`.

    `body` and `returns` are a msgspec struct, a `Binary`, or nothing; `errors` are the codes that
    its own rules refuse with; `also` other successes; `listed` false keeps pages out of the document.
    """

    method: Method
    path: str
    may: Public | Rule
    do: RouteHandler
    summary: str
    body: Any = None
    query: tuple[Query, ...] = ()
    returns: Any = None
    status: int = 0
    errors: tuple[str, ...] = ()
    also: tuple[Answer, ...] = ()
    cookie: str = ""
    """The cookie that must come along, when that is what lets one in."""
    listed: bool = True
    secret: bool = False
    """The answer holds something that lets one in: it is never compressed (`server.http.encoding`)."""

    def __post_init__(self) -> None:
        if not isinstance(self.may, Public | Rule):
            raise TypeError(f"{self.method} {self.path} does not say who may")
        if not self.status:
            status = HTTPStatus.NO_CONTENT if self.returns is None else HTTPStatus.OK
            object.__setattr__(self, "status", int(status))

    @property
    def name(self) -> str:
        """Return what the row is called in tests and logs: `POST /api/sign-in`."""
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names in the path."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    def pattern(self, kinds: Mapping[str, str], otherwise: str) -> str:
        """Return the path with a regular expression for every name in it."""
        return re.sub(
            r"{(\w+)}",
            lambda found: f"{{{found[1]}:{kinds.get(found[1], otherwise)}}}",
            self.path,
        )
