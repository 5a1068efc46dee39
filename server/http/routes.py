"""Which address is whose: the rows that the modules bring, each behind its rule."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, get_args, get_type_hints

from aiohttp import web

from base.routes import Asked, Binary, Route, Rule
from people.grants import TABLE, Table
from server.http import (
    auth,
    jobs,
    me,
    openapi,
    ops,
    pens,
    photos,
    recordings,
    render,
    sessions,
    static,
)
from server.http.counters import HttpCounters
from server.http.errors import add_headers, explain, observe
from server.http.keys import (
    COUNTERS,
    DESCRIPTION,
    PHOTO_DESK,
    PHOTOS,
    SERVICES,
    VOICES,
    HttpServices,
)
from server.http.permit import permit
from server.http.refusals import STATUS
from server.http.request import ROUTE, body, given
from server.photo_config import PhotosConfig
from server.photo_desk import PhotoDesk
from server.photos import PhotoWorkshop
from server.voice_files import VoiceFiles

_PATTERNS = {"path": ".*"}

_OURS: tuple[Route, ...] = (
    *auth.ROUTES,
    *me.ROUTES,
    *sessions.ROUTES,
    *photos.ROUTES,
    *recordings.ROUTES,
    *jobs.ROUTES,
    *pens.ROUTES,
    *ops.ROUTES,
    *openapi.ROUTES,
)


def rows(brought: Iterable[Route] = ()) -> tuple[Route, ...]:
    """Return our rows and those that parts bring; the pages' takes every GET that none before it took."""
    return (*_OURS, *brought, *static.ROUTES)


ROUTES = rows()


def setup(
    app: web.Application, services: HttpServices, routes: Sequence[Route] | None = None
) -> None:
    """Put all HTTP routes, middlewares and headers on `app`.

    Called last: the route of the pages takes every GET that no route before it took.
    """
    app[SERVICES] = services
    app[COUNTERS] = HttpCounters(services.metrics)
    photos_config = services.config.of(PhotosConfig)
    app[PHOTO_DESK] = PhotoDesk(
        services.storage, services.sessions, services.live, photos_config.per_session
    )
    app[PHOTOS] = PhotoWorkshop(photos_config)
    app[VOICES] = VoiceFiles(services.config.data_dir / "derived" / "voices", services.jobs)
    app.middlewares.extend([observe, explain])
    app.on_response_prepare.append(add_headers)
    mounted = ROUTES if routes is None else routes
    app.add_routes(_mounted(mounted, services))
    app[DESCRIPTION] = openapi.document(mounted, services.table, services.statuses)


def _mounted(routes: Iterable[Route], services: HttpServices) -> list[web.RouteDef]:
    found = []
    names = set[str]()
    for route in routes:
        check(route, services.table, services.statuses)
        shape = re.sub(r"{\w+}", "{}", route.name)
        if shape in names:
            raise ValueError(f"{route.name} is there twice")
        names.add(shape)
        pattern = route.pattern(_PATTERNS, openapi.ID_PATTERN)
        # aiohttp answers HEAD for every GET by itself only when asked to like this.
        if route.method == "GET":
            found.append(web.get(pattern, _handler(route)))
        else:
            found.append(web.route(route.method, pattern, _handler(route)))
    return found


def check(route: Route, table: Table = TABLE, statuses: Mapping[str, int] = STATUS) -> None:
    """Raise when a row contradicts itself, so that the server does not start with it."""
    if isinstance(route.may, Rule) and not any(route.may.action in row for row in table.values()):
        raise ValueError(f"{route.name}: nobody has a rule for {route.may.action}")
    if unknown := openapi.codes(route) - set(statuses):
        raise ValueError(f"{route.name}: nobody says the status of {', '.join(sorted(unknown))}")
    hints = get_type_hints(route.do)
    answer = hints.pop("return", None)
    taken = [hint for name, hint in hints.items() if name != "request" and hint is not Asked]
    json_body = [] if route.body is None or isinstance(route.body, Binary) else [route.body]
    if taken != json_body:
        raise TypeError(f"{route.name}: the handler takes {taken}, the row says {json_body}")
    expected = type(None) if route.returns is None else route.returns
    if not _is_response(answer) and answer != expected:
        raise TypeError(f"{route.name}: the handler returns {answer}, the row says {route.returns}")


def _is_response(hint: Any) -> bool:
    return any(
        isinstance(one, type) and issubclass(one, web.StreamResponse)
        for one in (hint, *get_args(hint))
    )


def _handler(route: Route) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.StreamResponse:
        request[ROUTE] = route
        if isinstance(route.may, Rule):
            await permit(request, route.may)
        if route.body is None or isinstance(route.body, Binary):
            answer = await route.do(given(request, route.do))
        else:
            answer = await route.do(given(request, route.do), await body(request, route.body))
        if isinstance(answer, web.StreamResponse):
            return answer
        return render.nothing() if route.returns is None else render.json(answer, route.status)

    return handle
