"""Which address is whose: the rows that the parts bring, each behind its rule.

rows of all parts ── held against their functions ── services found ── mounted, described
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from base.part import Part, Process, StartError, routes as rows
from base.routes import Asked, Route, Rule
from people.grants import TABLE, Table, with_actions
from people.service import PeopleService
from server.http import binding, openapi, render
from server.http.binding import Bound
from server.http.counters import HttpCounters
from server.http.encoding import compress
from server.http.errors import add_headers, explain, observe
from server.http.keys import COUNTERS, SERVICES, HttpServices
from server.http.permit import Gate
from server.http.refusals import STATUS, with_codes
from server.http.request import asked_of, body, identity

_PATTERNS = {"path": ".*"}


def setup(app: web.Application, process: Process, routes: Sequence[Route]) -> None:
    """Put all HTTP routes, middlewares and headers on `app`.

    Raises `StartError`, `TypeError` or `ValueError` for a row that cannot be. The route of the pages
    is the last one: it takes every GET that no route before it took.
    """
    table, statuses = declared(process.parts)
    for route in routes:
        check(route, table, statuses)
    process.provide(openapi.Description(openapi.document(routes, table, statuses)))
    app[COUNTERS] = HttpCounters(process.metrics)
    process.provide(app[COUNTERS])
    app[SERVICES] = HttpServices(
        config=process.config,
        clock=process.clock,
        metrics=process.metrics,
        people=process.need(PeopleService),
        health=process.health,
        statuses=statuses,
    )
    app.middlewares.extend([observe, explain])
    app.on_response_prepare.append(add_headers)
    app.add_routes(_mounted(routes, process, table))


def declared(parts: Sequence[Part]) -> tuple[Table, Mapping[str, int]]:
    """Return who may do what, and the status of every code, with what every part brings."""
    table: Table = TABLE
    statuses: Mapping[str, int] = STATUS
    for part in parts:
        try:
            table = with_actions(table, part.actions)
            statuses = with_codes(statuses, part.codes)
        except ValueError as error:
            raise StartError(f"{part.name}: {error}") from None
    return table, statuses


def describe(parts: Sequence[Part]) -> dict[str, Any]:
    """Return what a server of these parts shows at /api/openapi.json. It needs none that runs."""
    return openapi.document(rows(parts), *declared(parts))


def check(route: Route, table: Table = TABLE, statuses: Mapping[str, int] = STATUS) -> None:
    """Raise when a row contradicts itself, so that the server does not start with it."""
    binding.handler(route)
    if isinstance(route.may, Rule):
        binding.loader(route, route.may)
        if not any(route.may.action in row for row in table.values()):
            raise ValueError(f"{route.name}: nobody has a rule for {route.may.action}")
    if unknown := openapi.codes(route) - set(statuses):
        raise ValueError(f"{route.name}: nobody says the status of {', '.join(sorted(unknown))}")


def _mounted(routes: Sequence[Route], process: Process, table: Table) -> list[web.RouteDef]:
    found = []
    names = set[str]()
    for route in routes:
        shape = re.sub(r"{\w+}", "{}", route.name)
        if shape in names:
            raise ValueError(f"{route.name} is there twice")
        names.add(shape)
        pattern = route.pattern(_PATTERNS, openapi.ID_PATTERN)
        served = _served(route, process, table)
        # aiohttp answers HEAD for every GET by itself only when asked to like this.
        if route.method == "GET":
            found.append(web.get(pattern, served))
        else:
            found.append(web.route(route.method, pattern, served))
    return found


def _served(route: Route, process: Process, table: Table) -> Callable[[web.Request], Any]:
    do = binding.bound(binding.handler(route), process.need, route.name)
    gate = None
    if isinstance(route.may, Rule):
        of = binding.bound(binding.loader(route, route.may), process.need, route.name)
        gate = Gate(route.may, of, table)

    async def serve(request: web.Request) -> web.StreamResponse:
        asked: Asked | None = None

        def given(to: Bound) -> "Asked | web.Request":
            nonlocal asked
            if not to.asked:
                return request
            if asked is None:
                asked = asked_of(request, route)
            return asked

        if gate is not None:
            known = identity(request)
            gate.refuse_who_never_may(known)
            await gate.refuse_unless_reached(known, given(gate.of))
        more = {do.body: await body(request, route.body)} if do.body else {}
        answer = _rendered(await do.call(given(do), **more), route)
        if not route.secret:
            await compress(request, answer)
        return answer

    return serve


def _rendered(answer: Any, route: Route) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        return answer
    return render.nothing() if route.returns is None else render.json(answer, route.status)
