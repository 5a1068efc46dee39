"""Pairing pens (the device flow of RFC 8628), listing and removing them."""

from aiohttp import web
from msgspec import Struct

from base.routes import PUBLIC, Route, Rule
from people.model import Pairing
from server.http import permit
from server.http.keys import SERVICES
from server.http.request import address, identity
from wire.common import Id


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


class PenToken(Struct, frozen=True, kw_only=True):
    """What a pen bridge gets once its pairing was confirmed."""

    token: str
    teacher_name: str


class MyPen(Struct, frozen=True, kw_only=True):
    """A pen of the person who asks."""

    pen: Id
    model: str
    paired_ms: int
    connected: bool


class MyPens(Struct, frozen=True, kw_only=True):
    """The pens of the person who asks, the newest first."""

    pens: list[MyPen]


async def begin(request: web.Request, given: PenToPair) -> Pairing:
    """POST /api/pens/pairings."""
    pens = request.app[SERVICES].pens
    return await pens.begin_pairing(given.pen, given.model, address(request))


async def confirm(request: web.Request, given: UserCode) -> None:
    """POST /api/pens/pairings/confirm."""
    await request.app[SERVICES].pens.confirm(identity(request), given.user_code)


async def token(request: web.Request, given: DeviceCode) -> PenToken:
    """POST /api/pens/pairings/token."""
    credential = await request.app[SERVICES].pens.poll(given.device_code)
    return PenToken(token=credential.token, teacher_name=credential.teacher_name)


async def mine(request: web.Request) -> MyPens:
    """GET /api/pens."""
    known = identity(request)
    services = request.app[SERVICES]
    rows = [
        MyPen(
            pen=pen.pen,
            model=pen.model,
            paired_ms=pen.paired_ms,
            connected=services.live.pen_connected(pen.pen),
        )
        for pen in await services.pens.pens_of(known.person_id)
    ]
    return MyPens(pens=rows)


async def remove(request: web.Request) -> None:
    """DELETE /api/pens/{pen}."""
    known = identity(request)
    await request.app[SERVICES].pens.revoke(known.person_id, request.match_info["pen"])


ROUTES = (
    Route(
        "POST",
        "/api/pens/pairings",
        may=PUBLIC,
        do=begin,
        summary="A pen bridge begins a pairing (RFC 8628)",
        body=PenToPair,
        returns=Pairing,
        errors=("bad_pen", "too_many_attempts", "too_many_pairings"),
    ),
    Route(
        "POST",
        "/api/pens/pairings/confirm",
        may=Rule("pair_pen", of=permit.own),
        do=confirm,
        summary="Take the pen that shows a code",
        body=UserCode,
        errors=("unknown_code", "expired", "too_many_attempts"),
    ),
    Route(
        "POST",
        "/api/pens/pairings/token",
        may=PUBLIC,
        do=token,
        summary="A pen bridge asks whether it was confirmed",
        body=DeviceCode,
        returns=PenToken,
        errors=("authorization_pending", "slow_down", "expired_token", "access_denied"),
    ),
    Route(
        "GET",
        "/api/pens",
        may=Rule("list_pens", of=permit.own),
        do=mine,
        summary="One's own pens",
        returns=MyPens,
    ),
    Route(
        "DELETE",
        "/api/pens/{pen}",
        may=Rule("remove_pen", of=permit.own),
        do=remove,
        summary="Take one of one's own pens off",
        errors=("unknown_pen",),
    ),
)
