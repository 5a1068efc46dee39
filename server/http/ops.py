"""For those who run the service: is it well, and what does it count."""

import asyncio
import shutil
from http import HTTPStatus
from pathlib import Path
from typing import Literal

from aiohttp import web
from msgspec import Struct

from base.metrics import CONTENT_TYPE
from base.routes import PUBLIC, Answer, Binary, Route
from server.http import render
from server.http.keys import SERVICES, HttpServices

_CHECK_S = 3.0


class Health(Struct, frozen=True, kw_only=True):
    """Is it well: in one word, how many rooms are open, and each check."""

    status: Literal["ok", "draining", "failing"]
    rooms: int
    checks: dict[str, Literal["ok", "failing"]]


async def healthz(request: web.Request) -> web.Response:
    """GET /healthz: 200 when well or draining, 503 when something without which no call works fails."""
    services = request.app[SERVICES]
    live = services.live
    checks = {"database": await _database(services), "disk": await _disk(services)}
    well = all(checks.values())
    draining = live.draining()
    return render.json(
        Health(
            status=("draining" if draining else "ok") if well else "failing",
            rooms=live.rooms(),
            checks={name: "ok" if good else "failing" for name, good in checks.items()},
        ),
        HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE,
    )


async def metrics(request: web.Request) -> web.Response:
    """GET /metrics."""
    return web.Response(
        body=request.app[SERVICES].metrics.render(),
        headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"},
    )


async def _database(services: HttpServices) -> bool:
    try:
        async with asyncio.timeout(_CHECK_S):
            await services.people.persons([])
    # Whatever it is, the answer is that the database cannot be used.
    except Exception:
        return False
    return True


async def _disk(services: HttpServices) -> bool:
    try:
        free = await asyncio.to_thread(_free_bytes, services.config.recordings_dir)
    except OSError:
        return False
    return free >= services.config.recorder.min_free_bytes


def _free_bytes(folder: Path) -> int:
    """Return what is free where `folder` is, or will be: it is made with the first recording."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


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
