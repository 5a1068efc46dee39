"""Pairing pens (the device flow of RFC 8628), listing and removing them."""

from typing import Protocol

from msgspec import Struct

from base.routes import PUBLIC, Asked, Route, Rule, own
from people.model import Pairing
from people.pens import PenService
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


class PenPresence(Protocol):
    """Knows which pens are connected. The part that holds their sockets fulfils it."""

    def connected(self, pen: str, /) -> bool:
        """Tell whether a pen is connected now."""
        ...


async def begin(asked: Asked, given: PenToPair, pens: PenService) -> Pairing:
    """POST /api/pens/pairings."""
    return await pens.begin_pairing(given.pen, given.model, asked.address)


async def confirm(asked: Asked, given: UserCode, pens: PenService) -> None:
    """POST /api/pens/pairings/confirm."""
    await pens.confirm(asked.person, asked.role, given.user_code)


async def token(_asked: Asked, given: DeviceCode, pens: PenService) -> PenToken:
    """POST /api/pens/pairings/token."""
    credential = await pens.poll(given.device_code)
    return PenToken(token=credential.token, teacher_name=credential.teacher_name)


async def mine(asked: Asked, pens: PenService, presence: PenPresence) -> MyPens:
    """GET /api/pens."""
    rows = [
        MyPen(
            pen=pen.pen,
            model=pen.model,
            paired_ms=pen.paired_ms,
            connected=presence.connected(pen.pen),
        )
        for pen in await pens.pens_of(asked.person)
    ]
    return MyPens(pens=rows)


async def remove(asked: Asked, pens: PenService) -> None:
    """DELETE /api/pens/{pen}."""
    await pens.revoke(asked.person, asked.path["pen"])


ROUTES = (
    Route(
        "POST",
        "/api/pens/pairings",
        may=PUBLIC,
        do=begin,
        summary="A pen bridge begins a pairing (RFC 8628)",
        body=PenToPair,
        returns=Pairing,
        secret=True,
        errors=("bad_pen", "too_many_attempts", "too_many_pairings"),
    ),
    Route(
        "POST",
        "/api/pens/pairings/confirm",
        may=Rule("pair_pen", of=own),
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
        secret=True,
        errors=("authorization_pending", "slow_down", "expired_token", "access_denied"),
    ),
    Route(
        "GET",
        "/api/pens",
        may=Rule("list_pens", of=own),
        do=mine,
        summary="One's own pens",
        returns=MyPens,
    ),
    Route(
        "DELETE",
        "/api/pens/{pen}",
        may=Rule("remove_pen", of=own),
        do=remove,
        summary="Take one of one's own pens off",
        errors=("unknown_pen",),
    ),
)
