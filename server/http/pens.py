"""Pairing pens (the device flow of RFC 8628), listing and removing them."""

from aiohttp import web
from msgspec import Struct

from server.http import render
from server.http.keys import SERVICES
from server.http.request import address, body, identity_as


class PenToPair(Struct, kw_only=True):
    """The body that begins a pairing."""

    pen: str
    model: str = ""


class UserCode(Struct, kw_only=True):
    """The body that confirms one."""

    user_code: str


class DeviceCode(Struct, kw_only=True):
    """The body that asks whether it was confirmed."""

    device_code: str


async def begin(request: web.Request) -> web.Response:
    """POST /api/pens/pairings."""
    given = await body(request, PenToPair)
    pens = request.app[SERVICES].pens
    return render.json(await pens.begin_pairing(given.pen, given.model, address(request)))


async def confirm(request: web.Request) -> web.Response:
    """POST /api/pens/pairings/confirm."""
    known = identity_as(request, "teacher")
    given = await body(request, UserCode)
    await request.app[SERVICES].pens.confirm(known, given.user_code)
    return render.nothing()


async def token(request: web.Request) -> web.Response:
    """POST /api/pens/pairings/token."""
    given = await body(request, DeviceCode)
    credential = await request.app[SERVICES].pens.poll(given.device_code)
    return render.json({"token": credential.token, "teacher_name": credential.teacher_name})


async def mine(request: web.Request) -> web.Response:
    """GET /api/pens."""
    known = identity_as(request, "teacher")
    services = request.app[SERVICES]
    rows = [
        {
            "pen": pen.pen,
            "model": pen.model,
            "paired_ms": pen.paired_ms,
            "connected": services.live.pen_connected(pen.pen),
        }
        for pen in await services.pens.pens_of(known.person_id)
    ]
    return render.json({"pens": rows})


async def remove(request: web.Request) -> web.Response:
    """DELETE /api/pens/{pen}."""
    known = identity_as(request, "teacher")
    await request.app[SERVICES].pens.revoke(known.person_id, request.match_info["pen"])
    return render.nothing()
