"""Pens: pairing by a code on two screens, knowing a pen again, taking it off."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from base.errors import Refusal
from base.events import Envelope
from people.config import PeopleConfig
from people.events import PenRevoked
from people.model import Person
from tests.fakes.services import Kept, kept

ADDRESS = "192.0.2.1"


pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


async def confirm(services: Kept, person: Person, user_code: str) -> None:
    await services.pens.confirm(person.id, person.role, user_code)


async def code_of(awaitable: object) -> str:
    with pytest.raises(Refusal) as error:
        await awaitable  # type: ignore[misc]
    return error.value.code


async def test_a_pen_is_paired_by_the_code_it_shows(services: Kept) -> None:
    teacher = await services.teacher()
    pairing = await services.pens.begin_pairing("pen-1", "N2", ADDRESS)
    assert await code_of(services.pens.poll(pairing.device_code)) == "authorization_pending"
    await confirm(services, teacher, pairing.user_code.lower().replace("-", " "))
    services.clock.advance(pairing.interval)
    credential = await services.pens.poll(pairing.device_code)
    assert credential.teacher_name == teacher.name
    pen = await services.pens.verify(credential.token)
    assert (pen.pen_id, pen.teacher_id, pen.model) == ("pen-1", teacher.id, "N2")
    assert [pen.pen for pen in await services.pens.pens_of(teacher.id)] == ["pen-1"]
    assert await code_of(services.pens.poll(pairing.device_code)) == "access_denied"


async def test_asking_too_often_slows_the_pen_down(services: Kept) -> None:
    pairing = await services.pens.begin_pairing("pen-1", "N2", ADDRESS)
    assert await code_of(services.pens.poll(pairing.device_code)) == "authorization_pending"
    services.clock.advance(0.1)
    assert await code_of(services.pens.poll(pairing.device_code)) == "slow_down"
    services.clock.advance(pairing.interval)
    assert await code_of(services.pens.poll(pairing.device_code)) == "slow_down"
    services.clock.advance(pairing.interval + 10)
    assert await code_of(services.pens.poll(pairing.device_code)) == "authorization_pending"


async def test_a_code_expires_on_both_screens(services: Kept) -> None:
    teacher = await services.teacher()
    pairing = await services.pens.begin_pairing("pen-1", "N2", ADDRESS)
    services.clock.advance(600)
    assert await code_of(confirm(services, teacher, pairing.user_code)) == "expired"
    assert await code_of(services.pens.poll(pairing.device_code)) == "expired_token"


async def test_codes_cannot_be_guessed_for_long_and_only_teachers_have_pens(services: Kept) -> None:
    teacher, student = await services.teacher(), await services.student()
    codes = [await code_of(confirm(services, teacher, "BCDF-GHJK")) for _ in range(21)]
    assert codes == ["unknown_code"] * 20 + ["too_many_attempts"]
    pairing = await services.pens.begin_pairing("pen-1", "N2", ADDRESS)
    assert await code_of(confirm(services, student, pairing.user_code)) == "forbidden"


async def test_pairings_under_way_are_bounded(services: Kept) -> None:
    for n in range(services.config.of(PeopleConfig).max_pairings):
        await services.pens.begin_pairing(f"pen-{n}", "N2", f"address-{n}")
    assert await code_of(services.pens.begin_pairing("pen", "N2", ADDRESS)) == "too_many_pairings"
    services.clock.advance(services.config.of(PeopleConfig).pairing_code_s + 60)
    for _ in range(30):
        await services.pens.begin_pairing("pen", "N2", ADDRESS)
    assert await code_of(services.pens.begin_pairing("pen", "N2", ADDRESS)) == "too_many_attempts"
    assert await code_of(services.pens.begin_pairing("pen 1", "N2", "address")) == "bad_pen"


async def test_a_pen_that_is_taken_off_or_paired_anew_is_not_known_any_more(services: Kept) -> None:
    told = []

    async def note(envelope: Envelope[PenRevoked]) -> None:
        told.append((envelope.event.credential_id, envelope.event.teacher_id))

    services.bus.subscribe("test", "told", {PenRevoked: note})
    chen, wang = await services.teacher(), await services.teacher("wang", "王老师")
    of_chen = await services.pens.pair(chen.id, "pen-1", "N2")
    first = (await services.pens.verify(of_chen.token)).credential_id
    of_wang = await services.pens.pair(wang.id, "pen-1", "N2")
    assert await code_of(services.pens.verify(of_chen.token)) == "token_revoked"
    assert (await services.pens.verify(of_wang.token)).teacher_id == wang.id
    second = (await services.pens.verify(of_wang.token)).credential_id
    assert first != second
    assert await code_of(services.pens.revoke(chen.id, "pen-1")) == "unknown_pen"
    await services.pens.revoke(wang.id, "pen-1")
    assert await code_of(services.pens.verify(of_wang.token)) == "token_revoked"
    assert await code_of(services.pens.verify("junk")) == "token_invalid"
    assert await services.pens.pens_of(wang.id) == []
    await services.bus.deliver()
    assert told == [(first, chen.id), (second, wang.id)]


async def test_a_pen_paired_by_many_at_once_is_one_teachers(services: Kept) -> None:
    teachers = [await services.teacher(f"tea{n}", "老师") for n in range(4)]
    await services.pens.pair(teachers[0].id, "pen-1", "N2")
    await asyncio.gather(*(services.pens.pair(one.id, "pen-1", "N2") for one in teachers))
    await asyncio.gather(*(services.pens.pair(one.id, "pen-2", "N2") for one in teachers))
    for pen in ("pen-1", "pen-2"):
        owners = [
            one.id
            for one in teachers
            if pen in [paired.pen for paired in await services.pens.pens_of(one.id)]
        ]
        assert len(owners) == 1


async def test_a_pen_taken_off_twice_at_once_is_taken_off_once(services: Kept) -> None:
    teacher = await services.teacher()
    await services.pens.pair(teacher.id, "pen-1", "N2")
    ended = await asyncio.gather(
        *(services.pens.revoke(teacher.id, "pen-1") for _ in range(6)), return_exceptions=True
    )
    assert [one.code for one in ended if isinstance(one, Refusal)] == ["unknown_pen"] * 5
