"""For those who run the service: is it well, and what does it count."""

import asyncio
from http import HTTPStatus
from typing import Literal

from aiohttp import web
from msgspec import Struct

from base.log import get_logger, safe_error
from base.metrics import CONTENT_TYPE, Metrics
from base.part import HealthCheck
from base.routes import PUBLIC, Answer, Asked, Binary, Route
from server.http import render
from server.http.keys import SERVICES, LiveRooms

log = get_logger(__name__)

_CHECK_S = 3.0


class Health(Struct, frozen=True, kw_only=True):
    """Is it well: in one word, how many rooms are open, and each check."""

    status: Literal["ok", "draining", "failing"]
    rooms: int
    checks: dict[str, Literal["ok", "failing"]]


async def healthz(request: web.Request, live: LiveRooms) -> web.Response:
    """GET /healthz: 200 when well or draining, 503 when something without which no call works fails."""
    checks = request.app[SERVICES].health
    answers = await asyncio.gather(*(_passes(name, check) for name, check in checks.items()))
    well = all(answers)
    draining = live.draining()
    return render.json(
        Health(
            status=("draining" if draining else "ok") if well else "failing",
            rooms=live.rooms(),
            checks={
                name: "ok" if good else "failing"
                for name, good in zip(checks, answers, strict=True)
            },
        ),
        HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE,
    )


async def metrics(_asked: Asked, metrics: Metrics) -> web.Response:
    """GET /metrics."""
    return web.Response(
        body=metrics.render(),
        headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"},
    )


async def _passes(name: str, check: HealthCheck) -> bool:
    try:
        async with asyncio.timeout(_CHECK_S):
            return await check()
    # Whatever it is, the answer is that this cannot be used.
    except Exception as error:
        log.warning("health_check_failed", check=name, **safe_error(error))
        return False


ROUTES = (
    Route(
        "GET",
        "/healthz",
        may=PUBLIC,
        do=healthz,
        summary="Is it well",
        returns=Health,
        also=(Answer(status=HTTPStatus.SERVICE_UNAVAILABLE, returns=Health),),
    ),
    Route(
        "GET",
        "/metrics",
        may=PUBLIC,
        do=metrics,
        summary="What it counts, as Prometheus text",
        returns=Binary(("text/plain",)),
    ),
)
