"""Sessions: begun, ended once, rated and reported once, mended after a crash, looked up."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from base.errors import Refusal
from base.events import DomainEvent, Envelope
from sessions.events import SessionEnded, SessionRated, SessionReported, SessionStarted
from sessions.model import (
    PhotoRecord,
    Rating,
    Report,
    SessionFacts,
    SessionFilter,
    Standing,
)
from tests.fakes.clock import FakeClock
from tests.fakes.services import Kept, kept
from wire.common import Role
from wire.lobby import LabelCount, Subject

FACTS = SessionFacts(together_s=300, strokes=12)
RATING = Rating(understood=3, clear=3, patient=3, useful=2, labels=["patient", "lively"])
REPORT = Report(knowledge_points=["圆"], difficulty=4, participation=5)


pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


async def begin(
    services: Kept,
    session: str = "s_1",
    student: str = "p_lin",
    teacher: str = "p_chen",
    subject: Subject = "maths",
) -> int:
    started_ms = services.clock.unix_ms()
    await services.sessions.create(
        session, f"c_{session}", student, teacher, subject, "一道题", started_ms
    )
    return started_ms


async def hold(
    services: Kept,
    session: str = "s_1",
    student: str = "p_lin",
    teacher: str = "p_chen",
    subject: Subject = "maths",
) -> None:
    """Begin a session, let ten minutes pass, end it."""
    await begin(services, session, student, teacher, subject)
    services.clock.advance(600)
    await services.sessions.end(session, services.clock.unix_ms(), "hung_up", FACTS)


async def code_of(awaitable: object) -> str:
    with pytest.raises(Refusal) as error:
        await awaitable  # type: ignore[misc]
    return error.value.code


async def test_a_session_is_kept_from_its_beginning_to_its_end(services: Kept) -> None:
    started_ms = await begin(services)
    running = await services.sessions.get("s_1")
    assert (running.ended_ms, running.reason, running.valid, running.seconds) == (None,) * 3 + (0,)
    services.clock.advance(600)
    ended_ms = services.clock.unix_ms()
    assert await services.sessions.end("s_1", ended_ms, "hung_up", FACTS)
    record = await services.sessions.get("s_1")
    assert (record.student, record.teacher, record.note) == ("p_lin", "p_chen", "一道题")
    assert (record.started_ms, record.ended_ms, record.seconds) == (started_ms, ended_ms, 600)
    assert (record.reason, record.valid, record.facts) == ("hung_up", True, FACTS)


async def test_a_second_beginning_or_end_changes_nothing_and_tells_nobody(services: Kept) -> None:
    told: list[DomainEvent] = []

    async def note(envelope: Envelope[DomainEvent]) -> None:
        told.append(envelope.event)

    services.bus.subscribe("test", "told", {SessionStarted: note, SessionEnded: note})
    await begin(services)
    await begin(services, teacher="p_other")
    services.clock.advance(600)
    first = services.clock.unix_ms()
    assert await services.sessions.end("s_1", first, "hung_up", FACTS)
    assert not await services.sessions.end("s_1", first + 5, "time_limit", None)
    record = await services.sessions.get("s_1")
    assert (record.teacher, record.ended_ms, record.reason) == ("p_chen", first, "hung_up")
    await services.bus.deliver()
    assert [type(event) for event in told] == [SessionStarted, SessionEnded]
    ended = told[1]
    assert isinstance(ended, SessionEnded)
    assert (ended.session_id, ended.valid, ended.facts) == ("s_1", True, FACTS)


async def test_what_a_crash_left_running_is_ended_when_its_recording_ended(tmp_path: Path) -> None:
    clock = FakeClock()
    async with kept(tmp_path, clock) as services:
        started_ms = await begin(services, "s_1")
        await begin(services, "s_2", student="p_zhao")
        await hold(services, "s_3", student="p_wu")
    clock.advance(3600)
    flushed = {"s_1": started_ms + 90_000}
    async with kept(tmp_path, clock) as services:
        ended = await services.sessions.recover(clock.unix_ms(), flushed.get)
        assert [(row.session, row.reason, row.seconds) for row in ended] == [
            ("s_1", "server_lost", 90),
            ("s_2", "server_lost", 0),
        ]
        assert await services.sessions.recover(clock.unix_ms(), flushed.get) == []
        assert (await services.sessions.get("s_3")).reason == "hung_up"
        due = await services.sessions.forms_due("p_lin", "student")
        assert [form.session for form in due] == ["s_1"]


def photo(n: int) -> PhotoRecord:
    return PhotoRecord(
        photo=f"f_{n}",
        session="s_1",
        member="p_lin",
        extension="jpg",
        width=800,
        height=600,
        bytes=1000,
        owner="session:s_1",
        sha256="",
    )


# --- at the same moment ----------------------------------------------------------------------


async def outcomes(*attempts: Awaitable[object]) -> Counter[str]:
    """Run all at once; return how often each came out, by its value or the refusal's code."""
    ended = await asyncio.gather(*attempts, return_exceptions=True)
    for one in ended:
        if isinstance(one, BaseException) and not isinstance(one, Refusal):
            raise one
    return Counter(one.code if isinstance(one, Refusal) else str(one) for one in ended)


async def heard(services: Kept, event: type[DomainEvent]) -> int:
    """Deliver, and return how many events of a type there were."""
    told: list[DomainEvent] = []

    async def note(envelope: Envelope[DomainEvent]) -> None:
        told.append(envelope.event)

    services.bus.subscribe("test", event.__name__, {event: note})
    await services.bus.deliver()
    return len(told)


async def test_a_session_begun_twice_at_once_is_one(services: Kept) -> None:
    assert (await outcomes(*(begin(services) for _ in range(6)))).total() == 6
    assert await heard(services, SessionStarted) == 1


async def test_a_call_becomes_one_session_however_often_it_is_accepted_at_once(
    services: Kept,
) -> None:
    accepting = (
        services.sessions.create(f"s_{n}", "c_1", "p_lin", "p_chen", "maths", "", 1)
        for n in range(6)
    )
    ended = await asyncio.gather(*accepting, return_exceptions=True)
    assert Counter(type(one) for one in ended) == {type(None): 1, IntegrityError: 5}
    assert await heard(services, SessionStarted) == 1


async def test_a_session_ended_twice_at_once_ends_once(services: Kept) -> None:
    await begin(services)
    ends = (services.sessions.end("s_1", 10**12 + n, "hung_up", FACTS) for n in range(6))
    assert await outcomes(*ends) == {"True": 1, "False": 5}
    assert await heard(services, SessionEnded) == 1


async def test_a_form_given_twice_at_once_is_kept_once(services: Kept) -> None:
    await hold(services)
    ratings = (services.sessions.rate("s_1", "p_lin", RATING) for _ in range(6))
    reports = (services.sessions.report("s_1", "p_chen", REPORT) for _ in range(6))
    assert await outcomes(*ratings, *reports) == {"None": 2, "already_given": 10}
    assert await heard(services, SessionRated) == 1


async def test_photos_at_once_are_counted_one_after_the_other(services: Kept) -> None:
    await begin(services)
    adding = (services.sessions.add_photo(photo(n), at_most=2) for n in range(6))
    assert await outcomes(*adding) == {"None": 2, "too_many_photos": 4}


# --- forms -----------------------------------------------------------------------------------


async def test_both_sides_owe_a_form_until_it_is_given_once(services: Kept) -> None:
    told: list[DomainEvent] = []

    async def note(envelope: Envelope[DomainEvent]) -> None:
        told.append(envelope.event)

    services.bus.subscribe("test", "told", {SessionRated: note, SessionReported: note})
    await hold(services)
    (due,) = await services.sessions.forms_due("p_lin", "student")
    assert (due.session, due.other) == ("s_1", "p_chen")
    (due,) = await services.sessions.forms_due("p_chen", "teacher")
    assert (due.session, due.other) == ("s_1", "p_lin")
    await services.sessions.rate("s_1", "p_lin", RATING)
    await services.sessions.report("s_1", "p_chen", REPORT)
    assert await services.sessions.forms_due("p_lin", "student") == []
    assert await services.sessions.forms_due("p_chen", "teacher") == []
    assert await code_of(services.sessions.rate("s_1", "p_lin", RATING)) == "already_given"
    assert await code_of(services.sessions.report("s_1", "p_chen", REPORT)) == "already_given"
    record = await services.sessions.get("s_1")
    assert record.rating is not None
    assert record.rating.total == 11
    assert set(record.rating.labels) == {"patient", "lively"}
    assert record.report == REPORT
    await services.bus.deliver()
    of = {"session_id": "s_1", "student_id": "p_lin", "teacher_id": "p_chen"}
    assert told == [
        SessionRated(
            **of,
            total=11,
            understood=RATING.understood,
            clear=RATING.clear,
            patient=RATING.patient,
            useful=RATING.useful,
            labels=["lively", "patient"],
        ),
        SessionReported(
            **of,
            knowledge_points=REPORT.knowledge_points,
            difficulty=REPORT.difficulty,
            participation=REPORT.participation,
        ),
    ]


async def test_forms_are_for_those_who_were_there_and_after_the_end(services: Kept) -> None:
    await begin(services)
    assert await code_of(services.sessions.rate("s_1", "p_lin", RATING)) == "still_running"
    await services.sessions.end("s_1", services.clock.unix_ms() + 1, "hung_up", FACTS)
    for person in ("p_zhao", "p_chen"):
        assert await code_of(services.sessions.rate("s_1", person, RATING)) == "unknown_session"
    assert await code_of(services.sessions.report("s_1", "p_lin", REPORT)) == "unknown_session"
    assert await code_of(services.sessions.rate("s_9", "p_lin", RATING)) == "unknown_session"
    assert await services.sessions.forms_due("p_zhou", "auditor") == []


@pytest.mark.parametrize(("together_s", "asked"), [(2, False), (59.9, False), (60, True)])
async def test_a_form_of_a_short_session_is_not_asked_for_but_taken(
    services: Kept, together_s: float, asked: bool
) -> None:
    await begin(services)
    facts = SessionFacts(together_s=together_s, strokes=1)
    await services.sessions.end("s_1", services.clock.unix_ms() + 1, "hung_up", facts)
    sides: tuple[tuple[str, Role], ...] = (("p_lin", "student"), ("p_chen", "teacher"))
    for person, role in sides:
        assert bool(await services.sessions.forms_due(person, role)) is asked
        assert services.sessions.is_form_due(await services.sessions.get("s_1"), role) is asked
    await services.sessions.rate("s_1", "p_lin", RATING)
    await services.sessions.report("s_1", "p_chen", REPORT)
    assert (await services.sessions.get("s_1")).rating is not None


async def test_a_form_is_asked_for_some_days_and_not_when_nobody_met(services: Kept) -> None:
    await begin(services, "s_0")
    alone = SessionFacts(together_s=0)
    await services.sessions.end("s_0", services.clock.unix_ms() + 1, "grace_over", alone)
    await hold(services, "s_1")
    due = await services.sessions.forms_due("p_lin", "student")
    assert [form.session for form in due] == ["s_1"]
    for record in await services.sessions.history("p_lin"):
        shown = services.sessions.is_form_due(record, "student")
        assert shown is (record.session == "s_1")
    services.clock.advance(7 * 86400)
    assert await services.sessions.forms_due("p_lin", "student") == []
    assert not services.sessions.is_form_due(await services.sessions.get("s_1"), "student")
    await services.sessions.rate("s_1", "p_lin", RATING)


async def test_a_standing_is_the_mean_and_the_labels_by_how_often(services: Kept) -> None:
    for n, score in enumerate((3, 2, 0)):
        await hold(services, f"s_{n}")
        labels = ["patient"] if n else ["patient", "lively"]
        rating = Rating(understood=score, clear=score, patient=score, useful=score, labels=labels)  # type: ignore[arg-type]
        await services.sessions.rate(f"s_{n}", "p_lin", rating)
    await hold(services, "s_other", teacher="p_wang")
    standing = await services.sessions.standing(["p_chen", "p_wang"])
    assert standing["p_chen"] == Standing(
        rating=6.67,
        rated=3,
        labels=[LabelCount(label="patient", count=3), LabelCount(label="lively", count=1)],
    )
    assert standing["p_wang"] == Standing()


# --- looking up ------------------------------------------------------------------------------


async def test_history_is_newest_first_and_without_what_runs(services: Kept) -> None:
    for n in range(5):
        await hold(services, f"s_{n}", teacher=f"p_t{n}")
    await begin(services, "s_running")
    await hold(services, "s_other", student="p_zhao")
    history = await services.sessions.history("p_lin", 3)
    assert [record.session for record in history] == ["s_4", "s_3", "s_2"]
    assert await services.sessions.count("p_lin") == 5
    mine = await services.sessions.person_sessions("p_t2")
    assert [record.session for record in mine] == ["s_2"]


async def test_an_auditor_finds_sessions_by_everything(services: Kept) -> None:
    subjects: list[Subject] = ["maths", "english", "maths", "physics"]
    for n, subject in enumerate(subjects):
        await hold(services, f"s_{n}", student=f"p_{n % 2}", teacher="p_t", subject=subject)
    await begin(services, "s_running", student="p_0")
    third = (await services.sessions.get("s_2")).started_ms

    async def found(**wanted: object) -> list[str]:
        records, total = await services.sessions.search(SessionFilter(**wanted))  # type: ignore[arg-type]
        assert total >= len(records)
        return [record.session for record in records]

    assert await found() == ["s_running", "s_3", "s_2", "s_1", "s_0"]
    assert await found(student_ids=["p_0"]) == ["s_running", "s_2", "s_0"]
    assert await found(student_ids=[]) == []
    assert await found(teacher_ids=["p_t"], subject="maths") == ["s_2", "s_0"]
    assert await found(from_ms=third) == ["s_running", "s_3", "s_2"]
    assert await found(until_ms=third) == ["s_1", "s_0"]
    assert await found(reason="hung_up", limit=2, offset=1) == ["s_2", "s_1"]
    _, total = await services.sessions.search(SessionFilter(reason="hung_up", limit=2))
    assert total == 4


# --- photos ----------------------------------------------------------------------------------


async def test_photos_are_known_by_session_and_bounded(services: Kept) -> None:
    await begin(services)
    photos = [photo(n) for n in range(3)]
    for one in photos[:2]:
        await services.sessions.add_photo(one, 2)
    assert await code_of(services.sessions.add_photo(photos[2], 2)) == "too_many_photos"
    assert await services.sessions.photo("s_1", "f_1") == photos[1]
    assert await code_of(services.sessions.photo("s_2", "f_1")) == "unknown_photo"
    assert await code_of(services.sessions.photo("s_1", "f_2")) == "unknown_photo"


async def test_an_accepted_call_waits_for_no_writer_that_waits_itself(services: Kept) -> None:
    go = [asyncio.Event() for _ in range(20)]  # more than PostgreSQL's writers, too

    async def write(until: asyncio.Event) -> None:
        async with services.database.transaction():
            await until.wait()

    async with asyncio.TaskGroup() as group:
        for each in go:
            group.create_task(write(each))
        await asyncio.sleep(0)
        accepted = group.create_task(begin(services))
        await asyncio.sleep(0)
        go[0].set()
        async with asyncio.timeout(10):
            await accepted
        for each in go:
            each.set()
