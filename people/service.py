"""Accounts and signing in: passwords, short access tokens, rotating refresh tokens, revocation.

A sign-in is one device's. Its refresh tokens form a family: each use replaces the token by a new
one. Whoever shows a token that was replaced longer ago than the grace holds a copy, so the whole
family is revoked (RFC 9700 section 4.14.2); the grace is for two tabs that renew at once.
"""

import hashlib
import secrets
from collections.abc import Iterable

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from base.bus import Bus
from base.clock import Clock
from base.db import Database
from base.errors import Refusal
from base.ids import new_id
from base.log import get_logger
from base.metrics import Metrics
from base.signing import Signer
from people.config import PeopleConfig
from people.events import SignInRevoked
from people.model import (
    PASSWORD_MAX,
    PASSWORD_MIN,
    Identity,
    Person,
    SignedIn,
    normal_login,
    printable,
)
from people.passwords import Passwords
from people.tables import PersonRow, RefreshTokenRow, SignInRow
from people.throttle import Throttle
from wire.common import Role

log = get_logger(__name__)

AUDIENCE = "access"
_BRIEF = "~"
"""Begins a refresh token of a device that is not to remember; no other token has it."""
_LOGIN_MAX = 200
_FIND_MAX = 500


class PeopleService:
    """Who is who. Refuses with `base.errors.Refusal`."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        signer: Signer,
        config: PeopleConfig,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._bus = bus
        self._signer = signer
        self._config = config
        self._clock = clock
        self._sign_ins = metrics.counter(
            "inkcall_sign_ins_total", "Attempts to sign in", ["result"]
        )
        self._passwords = Passwords(config)
        self._by_login = Throttle(config.attempts_per_login, config.attempts_window_s)
        self._by_address = Throttle(config.attempts_per_address, config.attempts_window_s)
        self._revoked: dict[str, int] = {}
        """Revoked sign-ins, and the Unix ms after which none of their access tokens can live."""

    async def start(self) -> None:
        """Forget sign-ins that have run out; learn which were revoked so lately that access tokens
        of them may still live."""
        now_ms = self._clock.unix_ms()
        since = now_ms - self._access_ms
        async with self._database.transaction() as transaction:
            await transaction.execute(
                delete(RefreshTokenRow).where(RefreshTokenRow.expires_ms < now_ms)
            )
            in_use = select(RefreshTokenRow.sign_in_id)
            await transaction.execute(
                delete(SignInRow).where(SignInRow.created_ms < since, SignInRow.id.not_in(in_use))
            )
        query = select(SignInRow.id, SignInRow.revoked_ms).where(SignInRow.revoked_ms > since)
        async with self._database.reading() as transaction:
            for sign_in_id, revoked_ms in await transaction.execute(query):
                self._revoked[sign_in_id] = (revoked_ms or 0) + self._access_ms

    def close(self) -> None:
        """End the threads that check passwords."""
        self._passwords.close()

    # --- signing in --------------------------------------------------------------------------

    async def sign_in(
        self, login: str, password: str, address: str, *, remember: bool = True
    ) -> SignedIn:
        """Sign in; refuses with `wrong_password` or `too_many_attempts`, never saying which part.

        Without `remember` it lasts for `brief_token_s`: the device is somebody else's.
        """
        login = normal_login(login[:_LOGIN_MAX])
        tried = self._throttle(login, address)
        row = None if len(password) > PASSWORD_MAX else await self._by_its_login(login)
        kept = row.password_hash if row else None
        if not await self._passwords.check(kept, printable(password[:PASSWORD_MAX])) or row is None:
            self._sign_ins.labels("wrong_password").inc()
            raise Refusal("wrong_password", "login or password is wrong")
        self._by_login.take_back(login, tried)
        self._by_address.take_back(address, tried)
        fresh = None
        if self._passwords.is_outdated(row.password_hash):
            fresh = await self._passwords.hash(password)
        now_ms = self._clock.unix_ms()
        sign_in = SignInRow(id=new_id("si"), person_id=row.id, created_ms=now_ms)
        async with self._database.transaction() as transaction:
            if fresh is not None:
                (await transaction.get_one(PersonRow, row.id)).password_hash = fresh
            transaction.add(sign_in)
            await transaction.flush()
            token = self._add_token(transaction, sign_in.id, now_ms, remember)
        self._sign_ins.labels("ok").inc()
        log.info("signed_in", person=row.id, sign_in=sign_in.id)
        return self._signed_in(_person(row), sign_in.id, token, now_ms)

    async def refresh(self, person_id: str, token: str) -> SignedIn:
        """Renew with a refresh token, which is replaced.

        Refuses with `token_invalid`, `token_expired` or `token_revoked`.
        """
        now_ms = self._clock.unix_ms()
        async with self._database.transaction() as transaction:
            kept, sign_in = await self._token(transaction, person_id, token)
            if sign_in.revoked_ms is not None:
                raise Refusal("token_revoked", "this sign-in was ended")
            if kept.expires_ms <= now_ms:
                raise Refusal("token_expired", "this sign-in has expired")
            grace_ms = round(self._config.rotation_grace_s * 1000)
            stolen = kept.replaced_ms is not None and now_ms - kept.replaced_ms > grace_ms
            if stolen:
                self._revoke(transaction, sign_in, "reuse", now_ms)
            else:
                if kept.replaced_ms is None:
                    kept.replaced_ms = now_ms
                fresh = self._add_token(transaction, sign_in.id, now_ms, _remembered(token))
                person = _person(await transaction.get_one(PersonRow, person_id))
        # Only now, outside the transaction: raising inside would have undone the revocation.
        if stolen:
            log.warning("refresh_token_reused", person=person_id, sign_in=sign_in.id)
            raise Refusal("token_revoked", "this sign-in was ended")
        return self._signed_in(person, sign_in.id, fresh, now_ms)

    async def sign_out(self, person_id: str, token: str) -> None:
        """End the sign-in a refresh token belongs to; nothing happens if it is over already."""
        async with self._database.transaction() as transaction:
            _, sign_in = await self._token(transaction, person_id, token)
            if sign_in.revoked_ms is None:
                self._revoke(transaction, sign_in, "sign_out", self._clock.unix_ms())

    async def sign_out_everywhere(self, person_id: str, reason: str) -> int:
        """End all sign-ins of a person; return how many there were."""
        query = (
            select(SignInRow)
            .where(SignInRow.person_id == person_id, SignInRow.revoked_ms.is_(None))
            # In one order, so that two at once do not wait for each other in a ring.
            .order_by(SignInRow.id)
            .with_for_update()
        )
        now_ms = self._clock.unix_ms()
        async with self._database.transaction() as transaction:
            rows = list(await transaction.scalars(query))
            for row in rows:
                self._revoke(transaction, row, reason, now_ms)
        return len(rows)

    def verify_access(self, token: str) -> Identity:
        """Return who an access token speaks for.

        Refuses with `token_invalid`, `token_expired` or `token_revoked`. Touches no database.
        """
        claims = self._signer.verify(token, AUDIENCE, self._clock.unix_ms())
        try:
            identity = msgspec.convert(
                {
                    "person_id": claims.get("sub"),
                    "role": claims.get("role"),
                    "sign_in_id": claims.get("sid"),
                },
                Identity,
            )
        except msgspec.ValidationError:
            raise Refusal("token_invalid", "this token is not ours") from None
        if identity.sign_in_id in self._revoked:
            raise Refusal("token_revoked", "this sign-in was ended")
        return identity

    # --- accounts ----------------------------------------------------------------------------

    async def person(self, person_id: str) -> Person:
        """Return an account; refuses with `unknown_person`."""
        async with self._database.reading() as transaction:
            row = await transaction.get(PersonRow, person_id)
        if row is None:
            raise Refusal("unknown_person", "there is no such person")
        return _person(row)

    async def persons(self, person_ids: Iterable[str]) -> dict[str, Person]:
        """Return the accounts that exist among these ids, by id."""
        query = select(PersonRow).where(PersonRow.id.in_(set(person_ids)))
        async with self._database.reading() as transaction:
            return {row.id: _person(row) for row in await transaction.scalars(query)}

    async def names(self, person_ids: Iterable[str]) -> dict[str, str]:
        """Return the names of those who exist among these ids, by id (`base.names.Names`)."""
        return {known.id: known.name for known in (await self.persons(person_ids)).values()}

    async def teachers(self) -> list[Person]:
        """Return all teachers, by name."""
        query = select(PersonRow).where(PersonRow.role == "teacher").order_by(PersonRow.name)
        async with self._database.reading() as transaction:
            return [_person(row) for row in await transaction.scalars(query)]

    async def find(self, role: Role, text: str) -> list[str]:
        """Return ids of people of a role whose id or login is `text` or whose name contains it."""
        query = (
            select(PersonRow.id)
            .where(
                PersonRow.role == role,
                (PersonRow.id == text)
                | (PersonRow.login == normal_login(text))
                | PersonRow.name.icontains(text, autoescape=True),
            )
            .limit(_FIND_MAX)
        )
        async with self._database.reading() as transaction:
            return list(await transaction.scalars(query))

    async def create(
        self,
        *,
        login: str,
        password: str,
        name: str,
        role: Role,
        grade: int | None = None,
        school: str = "",
        subjects: Iterable[str] = (),
        grades: Iterable[int] = (),
        biography: str = "",
    ) -> Person:
        """Open an account; refuses with `bad_person`, `bad_password` or `login_taken`."""
        if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
            raise Refusal(
                "bad_password", f"a password has {PASSWORD_MIN} to {PASSWORD_MAX} letters"
            )
        fields = {
            "id": new_id("p"),
            "login": normal_login(login),
            "name": name,
            "role": role,
            "grade": grade,
            "school": school,
            "subjects": list(subjects),
            "grades": list(grades),
            "biography": biography,
        }
        try:
            person = msgspec.convert(fields, Person)
        except msgspec.ValidationError as error:
            raise Refusal("bad_person", f"this is no account: {error}") from None
        if (person.role == "student") != (person.grade is not None):
            raise Refusal("bad_person", "students have a grade, and nobody else has")
        kept = await self._passwords.hash(password)
        row = PersonRow(
            **msgspec.structs.asdict(person),
            password_hash=kept,
            created_ms=self._clock.unix_ms(),
        )
        try:
            async with self._database.transaction() as transaction:
                transaction.add(row)
        except IntegrityError:
            raise Refusal("login_taken", "this login is taken") from None
        return person

    async def by_login(self, login: str) -> Person:
        """Return the account with this login; refuses with `unknown_person`."""
        row = await self._by_its_login(normal_login(login))
        if row is None:
            raise Refusal("unknown_person", "there is no such person")
        return _person(row)

    # --- inside ------------------------------------------------------------------------------

    @property
    def _access_ms(self) -> int:
        return round(self._config.access_token_s * 1000)

    def _throttle(self, login: str, address: str) -> float:
        """Count a try and return when it was; refuse it if there were too many."""
        now = self._clock.now()
        wait_s = max(self._by_login.wait_s(login, now), self._by_address.wait_s(address, now))
        if wait_s > 0:
            self._sign_ins.labels("too_many_attempts").inc()
            raise Refusal(
                "too_many_attempts",
                "too many attempts, please wait",
                retry_after_s=wait_s,
            )
        # Counted before the check, so that a hundred tries at once do not all pass.
        self._by_login.count(login, now)
        self._by_address.count(address, now)
        return now

    async def _by_its_login(self, login: str) -> PersonRow | None:
        async with self._database.reading() as transaction:
            row: PersonRow | None = await transaction.scalar(
                select(PersonRow).where(PersonRow.login == login)
            )
            return row

    async def _token(
        self, transaction: AsyncSession, person_id: str, token: str
    ) -> tuple[RefreshTokenRow, SignInRow]:
        family = select(RefreshTokenRow.sign_in_id).where(
            RefreshTokenRow.token_hash == _token_hash(token)
        )
        # The sign-in is locked before its token is looked at: two tabs that renew, or a sign-out
        # beside them, go one after the other and see what the one before has done.
        sign_in = await transaction.scalar(
            select(SignInRow).where(SignInRow.id.in_(family)).with_for_update()
        )
        if sign_in is not None and sign_in.person_id == person_id:
            return await transaction.get_one(RefreshTokenRow, _token_hash(token)), sign_in
        raise Refusal("token_invalid", "this sign-in is not known")

    def _add_token(
        self, transaction: AsyncSession, sign_in_id: str, now_ms: int, remember: bool
    ) -> str:
        token = ("" if remember else _BRIEF) + secrets.token_urlsafe(32)
        transaction.add(
            RefreshTokenRow(
                token_hash=_token_hash(token),
                sign_in_id=sign_in_id,
                issued_ms=now_ms,
                expires_ms=now_ms + round(self._lasts_s(token) * 1000),
            )
        )
        return token

    def _lasts_s(self, token: str) -> float:
        config = self._config
        return config.refresh_token_s if _remembered(token) else config.brief_token_s

    def _revoke(
        self, transaction: AsyncSession, sign_in: SignInRow, reason: str, now_ms: int
    ) -> None:
        sign_in.revoked_ms = now_ms
        sign_in.revoked_reason = reason
        self._bus.add(
            transaction,
            SignInRevoked(sign_in_id=sign_in.id, person_id=sign_in.person_id, reason=reason),
        )
        # Access tokens of revoked sign-ins that have expired by now need not be remembered.
        self._revoked = {key: until for key, until in self._revoked.items() if until > now_ms}
        self._revoked[sign_in.id] = now_ms + self._access_ms

    def _signed_in(self, person: Person, sign_in_id: str, token: str, now_ms: int) -> SignedIn:
        ttl_s = int(self._config.access_token_s)
        claims = {"sub": person.id, "role": person.role, "sid": sign_in_id}
        return SignedIn(
            access_token=self._signer.sign(claims, AUDIENCE, ttl_s, now_ms),
            expires_in=ttl_s,
            refresh_token=token,
            refresh_expires_in=int(self._lasts_s(token)),
            remembered=_remembered(token),
            person=person,
        )


def _remembered(token: str) -> bool:
    return not token.startswith(_BRIEF)


def _token_hash(token: str) -> str:
    """Return what is kept of a token: it is 256 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _person(row: PersonRow) -> Person:
    return msgspec.convert(row, Person, from_attributes=True)
