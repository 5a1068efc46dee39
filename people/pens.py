"""Pens: pairing one with a teacher (the device flow of RFC 8628), knowing it again, taking it off.

    bridge: begin_pairing --> shows user_code --> teacher: confirm(user_code) --> bridge: poll gets a token

Pairings under way live in memory: anybody may begin one, so they must cost nothing, and a restart
costs a teacher one more look at the pen's page.
"""

import hashlib
import secrets
from dataclasses import dataclass

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from base.bus import Bus
from base.clock import Clock
from base.db import Database
from base.errors import Refusal, forbidden
from base.ids import random_text
from base.log import get_logger
from people.config import PeopleConfig
from people.events import PenRevoked
from people.grants import grants_of, may_ever
from people.model import PairedPen, Pairing, PenCredential, PenIdentity
from people.tables import PenRow, PersonRow
from people.throttle import Throttle
from wire.common import Id, Role, ShortText

log = get_logger(__name__)

_USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""RFC 8628 section 6.1: no vowels, so no words; 20 ** 8 codes are about 34 bits."""
_WRONG_CODES = 20
_BEGUN = 30
_CODES_WINDOW_S = 300.0
_RIVALS = 10
"""Teachers who may pair the same pen at the same moment: in each round at least one gets it."""
_SLOWER_S = 5
"""RFC 8628 section 3.5: `slow_down` adds five seconds to the interval."""


class _Asked(msgspec.Struct, frozen=True):
    pen: Id
    model: ShortText


@dataclass(kw_only=True)
class _UnderWay:
    pen: str
    model: str
    user_code: str
    ends: float
    interval: int
    last_poll: float | None = None
    teacher_id: str | None = None


class PenService:
    """Whose pen is whose."""

    def __init__(self, database: Database, bus: Bus, config: PeopleConfig, clock: Clock) -> None:
        self._database = database
        self._bus = bus
        self._config = config
        self._clock = clock
        self._under_way: dict[str, _UnderWay] = {}
        """By device code."""
        self._begun = Throttle(_BEGUN, _CODES_WINDOW_S)
        self._wrong = Throttle(_WRONG_CODES, _CODES_WINDOW_S)

    async def begin_pairing(self, pen: str, model: str, address: str) -> Pairing:
        """Begin; refuses with `bad_pen`, `too_many_attempts` or `too_many_pairings`."""
        try:
            asked = _asked(pen, model)
        except msgspec.ValidationError:
            raise Refusal("bad_pen", "this is no id of a pen") from None
        now = self._clock.now()
        _refuse_if_throttled(self._begun, address, now)
        self._forget_old(now)
        if len(self._under_way) >= self._config.max_pairings:
            raise Refusal(
                "too_many_pairings",
                "too many pens are being paired at this moment",
                retry_after_s=60,
            )
        self._begun.count(address, now)
        letters = random_text(8, _USER_CODE_LETTERS)
        pairing = Pairing(
            device_code=secrets.token_urlsafe(32),
            user_code=f"{letters[:4]}-{letters[4:]}",
            expires_in=int(self._config.pairing_code_s),
            interval=self._config.pairing_interval_s,
        )
        self._under_way[pairing.device_code] = _UnderWay(
            pen=asked.pen,
            model=asked.model,
            user_code=pairing.user_code,
            ends=now + self._config.pairing_code_s,
            interval=pairing.interval,
        )
        return pairing

    async def confirm(self, person_id: str, role: Role | None, user_code: str) -> None:
        """Take the pen that shows this code; refuses with `unknown_code` or `expired`."""
        if role is None or not may_ever(grants_of(person_id, role), "pair_pen"):
            raise forbidden("only teachers have pens")
        now = self._clock.now()
        _refuse_if_throttled(self._wrong, person_id, now)
        code = _plain(user_code)
        for under_way in self._under_way.values():
            if _plain(under_way.user_code) == code and under_way.teacher_id is None:
                if under_way.ends <= now:
                    raise Refusal("expired", "this code has expired")
                under_way.teacher_id = person_id
                return
        self._wrong.count(person_id, now)
        raise Refusal("unknown_code", "no pen shows this code")

    async def poll(self, device_code: str) -> PenCredential:
        """Return the credential once a teacher confirmed.

        Refuses with RFC 8628's `authorization_pending`, `slow_down`, `expired_token` and
        `access_denied`.
        """
        now = self._clock.now()
        under_way = self._under_way.get(device_code)
        if under_way is None:
            raise Refusal("access_denied", "this pairing is not known")
        if under_way.ends <= now:
            del self._under_way[device_code]
            raise Refusal("expired_token", "the code has expired, begin again")
        last, under_way.last_poll = under_way.last_poll, now
        # A little early is on time: the bridge's timer and the network both jitter.
        if last is not None and now - last < under_way.interval * 0.8:
            under_way.interval += _SLOWER_S
            raise Refusal("slow_down", f"ask every {under_way.interval} s")
        if under_way.teacher_id is None:
            raise Refusal("authorization_pending", "the teacher has not confirmed yet")
        del self._under_way[device_code]
        return await self.pair(under_way.teacher_id, under_way.pen, under_way.model)

    async def pair(self, teacher_id: str, pen: str, model: str) -> PenCredential:
        """Give a pen to a teacher, from whoever had it, and return its new credential."""
        for _ in range(_RIVALS):
            try:
                return await self._pair(teacher_id, pen, model)
            except IntegrityError:
                # Somebody paired the same pen meanwhile. Theirs is committed, so now it is seen.
                log.info("pen_paired_at_once", pen=pen, teacher=teacher_id)
        return await self._pair(teacher_id, pen, model)

    async def _pair(self, teacher_id: str, pen: str, model: str) -> PenCredential:
        token = secrets.token_urlsafe(32)
        now_ms = self._clock.unix_ms()
        async with self._database.transaction() as transaction:
            teacher = await transaction.get(PersonRow, teacher_id)
            if teacher is None or teacher.role != "teacher":
                raise Refusal("access_denied", "this teacher is not known")
            before = await transaction.scalar(
                select(PenRow)
                .where(PenRow.pen == pen, PenRow.revoked_ms.is_(None))
                .with_for_update()
            )
            if before is not None:
                self._revoke(transaction, before)
                await transaction.flush()
            transaction.add(
                PenRow(
                    token_hash=_token_hash(token),
                    pen=pen,
                    model=model,
                    teacher_id=teacher_id,
                    paired_ms=now_ms,
                )
            )
        log.info("pen_paired", pen=pen, teacher=teacher_id)
        return PenCredential(token=token, teacher_id=teacher_id, teacher_name=teacher.name)

    async def verify(self, token: str) -> PenIdentity:
        """Return whose pen holds this credential; refuses with `token_invalid` or `token_revoked`."""
        async with self._database.reading() as transaction:
            row = await transaction.get(PenRow, _token_hash(token))
        if row is None:
            raise Refusal("token_invalid", "this pen is not known")
        if row.revoked_ms is not None:
            raise Refusal("token_revoked", "this pen was taken off")
        return PenIdentity(
            pen_id=row.pen,
            teacher_id=row.teacher_id,
            model=row.model,
            credential_id=_credential_id(row),
        )

    async def pens_of(self, teacher_id: str) -> list[PairedPen]:
        """Return a teacher's pens, the newest first."""
        query = (
            select(PenRow)
            .where(PenRow.teacher_id == teacher_id, PenRow.revoked_ms.is_(None))
            .order_by(PenRow.paired_ms.desc())
        )
        async with self._database.reading() as transaction:
            return [
                PairedPen(pen=row.pen, model=row.model, paired_ms=row.paired_ms)
                for row in await transaction.scalars(query)
            ]

    async def revoke(self, teacher_id: str, pen: str) -> None:
        """Take a pen off a teacher's account; refuses with `unknown_pen`."""
        query = (
            select(PenRow)
            .where(PenRow.teacher_id == teacher_id, PenRow.pen == pen, PenRow.revoked_ms.is_(None))
            .with_for_update()
        )
        async with self._database.transaction() as transaction:
            row = await transaction.scalar(query)
            if row is None:
                raise Refusal("unknown_pen", "you have no such pen")
            self._revoke(transaction, row)
        log.info("pen_revoked", pen=pen, teacher=teacher_id)

    def _revoke(self, transaction: AsyncSession, row: PenRow) -> None:
        row.revoked_ms = self._clock.unix_ms()
        self._bus.add(
            transaction,
            PenRevoked(
                pen_id=row.pen, credential_id=_credential_id(row), teacher_id=row.teacher_id
            ),
        )

    def _forget_old(self, now: float) -> None:
        # Kept for a while after their end, so that the teacher hears "expired" and not "unknown".
        for code in [code for code, one in self._under_way.items() if one.ends + 60 <= now]:
            del self._under_way[code]


def _asked(pen: str, model: str) -> _Asked:
    return msgspec.convert({"pen": pen, "model": model}, _Asked)


def _refuse_if_throttled(throttle: Throttle, key: str, now: float) -> None:
    if (wait_s := throttle.wait_s(key, now)) > 0:
        raise Refusal(
            "too_many_attempts",
            "too many attempts, please wait",
            retry_after_s=wait_s,
        )


def _plain(user_code: str) -> str:
    return user_code.upper().replace("-", "").replace(" ", "")


def _credential_id(row: PenRow) -> str:
    """Return a name for a credential that may be told: its hash, of which a part is enough."""
    return row.token_hash[:24]


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
