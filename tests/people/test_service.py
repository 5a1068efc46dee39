"""Signing in: passwords, access and refresh tokens, rotation, reuse, revocation, throttles."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from time import process_time

import jwt
import msgspec
import pytest
from sqlalchemy import select

from base.errors import Refusal
from base.events import Envelope
from base.signing import Signer
from people.config import PeopleConfig
from people.events import SignInRevoked
from people.service import AUDIENCE
from people.tables import SignInRow
from tests.fakes.clock import FakeClock
from tests.fakes.services import CHEAP, PASSWORD, Kept, kept

ADDRESS = "192.0.2.1"


pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


def refused(error: pytest.ExceptionInfo[Refusal]) -> str:
    return error.value.code


async def test_signing_in_gives_tokens_and_the_person(services: Kept) -> None:
    student = await services.student()
    signed_in = await services.people.sign_in("lin", PASSWORD, ADDRESS)
    assert signed_in.person == student
    assert signed_in.expires_in == 600
    identity = services.people.verify_access(signed_in.access_token)
    assert (identity.person_id, identity.role) == (student.id, "student")


async def test_a_login_is_the_same_in_capitals_and_full_width(services: Kept) -> None:
    await services.student()
    await services.people.sign_in("  ＬIN ", PASSWORD, ADDRESS)


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("lin", "wrong horse"),
        ("nobody", PASSWORD),
        ("", ""),
        ("lin", "x" * 100_000),
        ("\ud800", "x"),
    ],
)
async def test_wrong_password_and_unknown_login_look_the_same(
    services: Kept, login: str, password: str
) -> None:
    await services.student()
    with pytest.raises(Refusal) as error:
        await services.people.sign_in(login, password, ADDRESS)
    assert error.value.code == "wrong_password"
    assert error.value.text == "login or password is wrong"


async def test_an_unknown_login_takes_as_long_as_a_wrong_password(tmp_path: Path) -> None:
    slow = PeopleConfig(argon2_time_cost=4, attempts_per_login=100)
    async with kept(tmp_path, people=slow) as services:
        await services.student()

        async def seconds(login: str) -> float:
            best = 1e9
            for _ in range(4):
                before = process_time()
                with pytest.raises(Refusal):
                    await services.people.sign_in(login, "wrong horse", ADDRESS)
                best = min(best, process_time() - before)
            return best

        known, unknown = await seconds("lin"), await seconds("nobody")
        assert 0.5 < unknown / known < 2.0, (known, unknown)


async def test_the_loop_goes_on_while_passwords_are_checked(tmp_path: Path) -> None:
    async with kept(tmp_path, people=PeopleConfig(argon2_time_cost=8)) as services:
        await services.student()
        turns = 0
        signing_in = asyncio.gather(
            *(services.people.sign_in("lin", PASSWORD, ADDRESS) for _ in range(3))
        )
        while not signing_in.done():
            await asyncio.sleep(0.001)
            turns += 1
        await signing_in
        assert turns > 20


async def test_a_password_hashed_with_old_parameters_is_hashed_anew(tmp_path: Path) -> None:
    async with kept(tmp_path) as services:
        await services.student()
    dearer = msgspec.structs.replace(CHEAP, argon2_time_cost=3)
    async with kept(tmp_path, people=dearer) as services:
        await services.people.sign_in("lin", PASSWORD, ADDRESS)
        row = await services.people._by_its_login("lin")
        assert row is not None
        assert "t=3" in row.password_hash
        await services.people.sign_in("lin", PASSWORD, ADDRESS)


# --- throttle --------------------------------------------------------------------------------


async def fail(services: Kept, login: str, address: str) -> Refusal:
    with pytest.raises(Refusal) as error:
        await services.people.sign_in(login, "wrong horse", address)
    return error.value


async def test_a_login_is_throttled_whoever_tries_it_and_free_after_the_window(
    services: Kept,
) -> None:
    await services.student()
    for n in range(services.config.of(PeopleConfig).attempts_per_login):
        assert (await fail(services, "lin", f"192.0.2.{n}")).code == "wrong_password"
    services.clock.advance(100)
    with pytest.raises(Refusal) as error:
        await services.people.sign_in("lin", PASSWORD, "192.0.2.99")
    assert error.value.code == "too_many_attempts"
    assert error.value.retry_after_s == pytest.approx(200)
    services.clock.advance(200)
    await services.people.sign_in("lin", PASSWORD, ADDRESS)


async def test_an_address_is_throttled_whatever_it_tries(services: Kept) -> None:
    for n in range(services.config.of(PeopleConfig).attempts_per_address):
        assert (await fail(services, f"login{n}", ADDRESS)).code == "wrong_password"
    assert (await fail(services, "another", ADDRESS)).code == "too_many_attempts"
    assert (await fail(services, "another", "192.0.2.2")).code == "wrong_password"


async def test_tries_at_the_same_moment_are_throttled_too(services: Kept) -> None:
    await services.student()
    tries = [services.people.sign_in("lin", "wrong horse", ADDRESS) for _ in range(30)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    codes = [result.code for result in results if isinstance(result, Refusal)]
    assert codes.count("wrong_password") == services.config.of(PeopleConfig).attempts_per_login
    assert codes.count("too_many_attempts") == 20


async def test_signing_in_well_is_never_throttled(services: Kept) -> None:
    await services.student()
    for _ in range(services.config.of(PeopleConfig).attempts_per_login * 3):
        await services.people.sign_in("lin", PASSWORD, ADDRESS)


# --- access tokens ---------------------------------------------------------------------------


async def test_an_access_token_expires(services: Kept) -> None:
    await services.student()
    signed_in = await services.people.sign_in("lin", PASSWORD, ADDRESS)
    services.clock.advance(599)
    services.people.verify_access(signed_in.access_token)
    services.clock.advance(1)
    with pytest.raises(Refusal) as error:
        services.people.verify_access(signed_in.access_token)
    assert refused(error) == "token_expired"


async def test_forged_tokens_are_refused(services: Kept) -> None:
    await services.student()
    good = (await services.people.sign_in("lin", PASSWORD, ADDRESS)).access_token
    claims = jwt.decode(good, options={"verify_signature": False})
    now_ms = services.clock.unix_ms()
    own = {key: value for key, value in claims.items() if key not in ("aud", "iat", "exp")}
    forgeries = [
        "",
        "a.b.c",
        "\ud800",
        good[:-2],
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, b"another key of thirty-two bytes!!", algorithm="HS256"),
        Signer(b"x" * 32).sign(own, AUDIENCE, 600, now_ms),
        services.signer.sign(own, "room", 600, now_ms),
        services.signer.sign({**own, "role": "king"}, AUDIENCE, 600, now_ms),
        services.signer.sign({"sub": own["sub"]}, AUDIENCE, 600, now_ms),
    ]
    for forgery in forgeries:
        with pytest.raises(Refusal) as error:
            services.people.verify_access(forgery)
        assert refused(error) == "token_invalid"


# --- refresh tokens --------------------------------------------------------------------------


async def test_a_refresh_token_is_replaced_at_each_use(services: Kept) -> None:
    student = await services.student()
    first = await services.people.sign_in("lin", PASSWORD, ADDRESS)
    services.clock.advance(3600)
    second = await services.people.refresh(student.id, first.refresh_token)
    assert second.refresh_token != first.refresh_token
    assert services.people.verify_access(second.access_token).person_id == student.id
    services.clock.advance(3600)
    await services.people.refresh(student.id, second.refresh_token)


async def test_two_tabs_that_renew_at_once_both_go_on(services: Kept) -> None:
    student = await services.student()
    shared = (await services.people.sign_in("lin", PASSWORD, ADDRESS)).refresh_token
    left = await services.people.refresh(student.id, shared)
    services.clock.advance(9)
    right = await services.people.refresh(student.id, shared)
    services.clock.advance(3600)
    for tab in (left, right):
        await services.people.refresh(student.id, tab.refresh_token)


async def test_a_replaced_token_shown_again_ends_the_sign_in_of_thief_and_owner(
    services: Kept,
) -> None:
    student = await services.student()
    stolen = (await services.people.sign_in("lin", PASSWORD, ADDRESS)).refresh_token
    owner = await services.people.refresh(student.id, stolen)
    other_device = await services.people.sign_in("lin", PASSWORD, ADDRESS)
    services.clock.advance(11)
    for token in (stolen, owner.refresh_token):
        with pytest.raises(Refusal) as error:
            await services.people.refresh(student.id, token)
        assert refused(error) == "token_revoked"
    with pytest.raises(Refusal) as error:
        services.people.verify_access(owner.access_token)
    assert refused(error) == "token_revoked"
    await services.people.refresh(student.id, other_device.refresh_token)


async def test_on_a_device_that_is_not_ones_own_it_lasts_for_hours_and_renewing_keeps_that(
    services: Kept,
) -> None:
    student = await services.student()
    config = services.config.of(PeopleConfig)
    own = await services.people.sign_in("lin", PASSWORD, ADDRESS)
    assert own.remembered
    assert own.refresh_expires_in == config.refresh_token_s
    lent = await services.people.sign_in("lin", PASSWORD, ADDRESS, remember=False)
    lent = await services.people.refresh(student.id, lent.refresh_token)
    assert not lent.remembered
    assert lent.refresh_expires_in == config.brief_token_s
    services.clock.advance(config.brief_token_s)
    with pytest.raises(Refusal) as error:
        await services.people.refresh(student.id, lent.refresh_token)
    assert refused(error) == "token_expired"
    assert (await services.people.refresh(student.id, own.refresh_token)).remembered


async def test_a_refresh_token_expires_and_is_only_its_owners(services: Kept) -> None:
    student, teacher = await services.student(), await services.teacher()
    token = (await services.people.sign_in("lin", PASSWORD, ADDRESS)).refresh_token
    for person, given in ((teacher.id, token), (student.id, "junk"), (student.id, "")):
        with pytest.raises(Refusal) as error:
            await services.people.refresh(person, given)
        assert refused(error) == "token_invalid"
    services.clock.advance(services.config.of(PeopleConfig).refresh_token_s)
    with pytest.raises(Refusal) as error:
        await services.people.refresh(student.id, token)
    assert refused(error) == "token_expired"


async def test_signing_out_ends_all_tokens_at_once_and_after_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    told = []

    async def note(envelope: Envelope[SignInRevoked]) -> None:
        told.append((envelope.event.person_id, envelope.event.reason))

    async with kept(tmp_path, clock) as services:
        services.bus.subscribe("test", "told", {SignInRevoked: note})
        student = await services.student()
        signed_in = await services.people.sign_in("lin", PASSWORD, ADDRESS)
        await services.people.sign_out(student.id, signed_in.refresh_token)
        await services.people.sign_out(student.id, signed_in.refresh_token)
        with pytest.raises(Refusal) as error:
            services.people.verify_access(signed_in.access_token)
        assert refused(error) == "token_revoked"
        await services.bus.deliver()
        assert told == [(student.id, "sign_out")]
    clock.advance(60)
    async with kept(tmp_path, clock) as services:
        with pytest.raises(Refusal) as error:
            services.people.verify_access(signed_in.access_token)
        assert refused(error) == "token_revoked"
        with pytest.raises(Refusal) as error:
            await services.people.refresh(student.id, signed_in.refresh_token)
        assert refused(error) == "token_revoked"


async def test_sign_ins_that_ran_out_are_forgotten_at_the_start(tmp_path: Path) -> None:
    clock = FakeClock()
    async with kept(tmp_path, clock) as services:
        student = await services.student()
        await services.people.sign_in("lin", PASSWORD, ADDRESS)
        clock.advance(services.config.of(PeopleConfig).refresh_token_s / 2)
        alive = await services.people.sign_in("lin", PASSWORD, ADDRESS)
    clock.advance(services.config.of(PeopleConfig).refresh_token_s / 2 + 1)
    async with kept(tmp_path, clock) as services:
        async with services.database.reading() as transaction:
            (left,) = await transaction.scalars(select(SignInRow))
        assert left.person_id == student.id
        await services.people.refresh(student.id, alive.refresh_token)


async def test_signing_out_everywhere_ends_every_device(services: Kept) -> None:
    student = await services.student()
    devices = [await services.people.sign_in("lin", PASSWORD, ADDRESS) for _ in range(3)]
    assert await services.people.sign_out_everywhere(student.id, "lost_phone") == 3
    for device in devices:
        with pytest.raises(Refusal):
            services.people.verify_access(device.access_token)


# --- at the same moment ----------------------------------------------------------------------


async def test_tabs_that_renew_at_once_all_go_on(services: Kept) -> None:
    student = await services.student()
    token = (await services.people.sign_in("lin", PASSWORD, ADDRESS)).refresh_token
    renewed = await asyncio.gather(*(services.people.refresh(student.id, token) for _ in range(6)))
    for one in renewed:
        await services.people.refresh(student.id, one.refresh_token)


async def test_a_stolen_token_shown_many_times_at_once_ends_the_sign_in_once(
    services: Kept,
) -> None:
    told = []

    async def note(envelope: Envelope[SignInRevoked]) -> None:
        told.append(envelope.event.reason)

    services.bus.subscribe("test", "told", {SignInRevoked: note})
    student = await services.student()
    stolen = (await services.people.sign_in("lin", PASSWORD, ADDRESS)).refresh_token
    await services.people.refresh(student.id, stolen)
    services.clock.advance(11)
    ended = await asyncio.gather(
        *(services.people.refresh(student.id, stolen) for _ in range(6)), return_exceptions=True
    )
    assert [one.code for one in ended if isinstance(one, Refusal)] == ["token_revoked"] * 6
    await services.bus.deliver()
    assert told == ["reuse"]


async def test_signing_out_twice_and_everywhere_at_once_ends_each_sign_in_once(
    services: Kept,
) -> None:
    told = []

    async def note(envelope: Envelope[SignInRevoked]) -> None:
        told.append(envelope.event.sign_in_id)

    services.bus.subscribe("test", "told", {SignInRevoked: note})
    student = await services.student()
    tokens = [
        (await services.people.sign_in("lin", PASSWORD, ADDRESS)).refresh_token for _ in range(3)
    ]
    everywhere = (services.people.sign_out_everywhere(student.id, "lost") for _ in range(4))
    each = (services.people.sign_out(student.id, token) for token in tokens * 2)
    await asyncio.gather(*everywhere, *each)
    await services.bus.deliver()
    assert len(told) == len(set(told)) == 3


async def test_a_login_taken_by_many_at_once_is_one_persons(services: Kept) -> None:
    ended = await asyncio.gather(*(services.student() for _ in range(6)), return_exceptions=True)
    assert [one.code for one in ended if isinstance(one, Refusal)] == ["login_taken"] * 5


# --- accounts --------------------------------------------------------------------------------


async def test_accounts_are_found_by_id_login_and_part_of_the_name(services: Kept) -> None:
    student, teacher = await services.student(), await services.teacher()
    assert await services.people.find("student", "小雨") == [student.id]
    other = await services.student("ann", "Ann Lee")
    assert await services.people.find("student", "LEE") == [other.id]
    assert await services.people.find("student", "LIN") == [student.id]
    assert await services.people.find("teacher", teacher.id) == [teacher.id]
    assert await services.people.find("teacher", "小雨") == []
    assert await services.people.find("student", "%") == []
    assert await services.people.teachers() == [teacher]
    assert await services.people.persons([student.id, "p_nobody"]) == {student.id: student}


async def test_names_are_told_of_those_who_exist(services: Kept) -> None:
    student, teacher = await services.student(), await services.teacher()
    asked = [student.id, "p_none", teacher.id, student.id]
    expected = {student.id: "林小雨", teacher.id: "陈静怡"}
    assert await services.people.names(asked) == expected


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"password": "short"}, "bad_password"),
        ({"login": "a b"}, "bad_person"),
        ({"name": ""}, "bad_person"),
        ({"grade": None}, "bad_person"),
        ({"grade": 13}, "bad_person"),
        ({"role": "teacher"}, "bad_person"),
        ({"role": "king"}, "bad_person"),
        ({"login": "lin"}, "login_taken"),
        ({"login": "ＬＩＮ"}, "login_taken"),
    ],
)
async def test_accounts_that_cannot_be_are_refused(
    services: Kept, changes: dict[str, object], code: str
) -> None:
    await services.student()
    fields: dict[str, object] = {
        "login": "zhao",
        "password": PASSWORD,
        "name": "赵一鸣",
        "role": "student",
        "grade": 7,
        **changes,
    }
    with pytest.raises(Refusal) as error:
        await services.people.create(**fields)  # type: ignore[arg-type]
    assert refused(error) == code
