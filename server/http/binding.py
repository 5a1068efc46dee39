"""What a row's functions take: held against the row, and their services put in place once.

async def rate(asked: Asked, form: Rating, sessions: SessionService) -> None
               what is asked  the body    a service, found at the start
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args, get_type_hints

import msgspec
from aiohttp import web

from base.objects import Object
from base.part import StartError
from base.routes import Asked, Binary, Route, Rule

Find = Callable[[type[Any]], Any]
"""Returns the service of a class; `StartError` when no part brings it (`Process.need`)."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one function takes, by the names of its parameters."""

    function: Callable[..., Awaitable[Any]]
    asked: bool
    """Its first is an `Asked`; otherwise the HTTP library's request."""
    body: str
    """Empty when it takes none."""
    services: dict[str, type[Any]]
    returns: Any


@dataclass(frozen=True, slots=True)
class Bound:
    """A function whose services are in place: what it lacks is the request."""

    call: Callable[..., Awaitable[Any]]
    asked: bool
    body: str


def taken(function: Callable[..., Awaitable[Any]], body: type[Any] | None, where: str) -> Taken:
    """Return what a row's function takes; TypeError naming the row when that cannot be."""
    hints = get_type_hints(function, include_extras=True)
    names = list(inspect.signature(function).parameters)
    if unsaid := [name for name in names if name not in hints]:
        raise TypeError(f"{where}: {function.__name__} does not say what {unsaid[0]} is")
    if not names or hints[names[0]] not in (Asked, web.Request):
        raise TypeError(f"{where}: {function.__name__} must take an Asked as its first")
    bodies = [name for name in names[1:] if body is not None and hints[name] == body]
    others = {name: hints[name] for name in names[1:] if name not in bodies}
    if len(bodies) != (body is not None) or any(map(_is_message, others.values())):
        # A struct is what somebody sends, and never a service.
        found = [hints[name] for name in names[1:]]
        raise TypeError(f"{where}: {function.__name__} takes {found}, the row's body is {body}")
    return Taken(
        function=function,
        asked=hints[names[0]] is Asked,
        body="".join(bodies),
        services=others,
        returns=hints.get("return"),
    )


def handler(route: Route) -> Taken:
    """Return what a row's handler takes; TypeError when that is not what the row says."""
    binary = isinstance(route.body, Binary)
    found = taken(route.do, None if binary else route.body, route.name)
    if binary and found.asked:
        raise TypeError(f"{route.name}: a body that is no JSON is read from the request")
    expected = type(None) if route.returns is None else route.returns
    if not _is_response(found.returns) and found.returns != expected:
        raise TypeError(
            f"{route.name}: the handler returns {found.returns}, the row says {route.returns}"
        )
    return found


def loader(route: Route, rule: Rule) -> Taken:
    """Return what the loader of a row's rule takes; TypeError when it returns no object."""
    found = taken(rule.of, None, route.name)
    if found.returns is not Object:
        raise TypeError(f"{route.name}: {rule.of.__name__} must return an Object")
    return found


def bound(of: Taken, find: Find, where: str) -> Bound:
    """Put a function's services in place; `StartError` naming the row when no part brings one."""
    services = {}
    for name, kind in of.services.items():
        try:
            services[name] = find(kind)
        except StartError:
            wanted = getattr(kind, "__name__", kind)
            raise StartError(f"{where} needs a {wanted}, and no part brings one") from None
    return Bound(partial(of.function, **services), of.asked, of.body)


def _is_message(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def _is_response(hint: Any) -> bool:
    return any(
        isinstance(one, type) and issubclass(one, web.StreamResponse)
        for one in (hint, *get_args(hint))
    )
