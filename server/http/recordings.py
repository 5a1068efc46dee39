"""Recordings, for auditors: finding them, the events and the voices of one."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, Struct, UnsetType

from base.errors import Refusal
from base.routes import Answer, Asked, Binary, Query, Route, Rule, whole
from people.model import Person
from people.service import PeopleService
from recorder.format.reader import NotARecording
from recorder.library import Library, RecordingSummary
from recorder.voice_files import VoiceFiles
from sessions.model import Rating, Report, SessionFilter, SessionRecord
from sessions.routes import session
from sessions.service import SessionService
from wire.common import Id
from wire.lobby import Subject
from wire.room import EndReason, Member

_PAGE = 20


class Reference(Struct, frozen=True, kw_only=True):
    """A person in a row."""

    id: Id
    name: str


class RecordingRow(Struct, frozen=True, kw_only=True):
    """A session and what is known of its recording; `rating` out of 12."""

    session: Id
    student: Reference
    teacher: Reference
    subject: Subject
    started_ms: int
    seconds: int
    reason: EndReason | Literal["running"]
    rating: int | None
    sealed: bool
    damaged: bool
    bytes: int


class Recordings(Struct, frozen=True, kw_only=True):
    """A page of rows, and how many there are in all."""

    recordings: list[RecordingRow]
    total: int


class RatingForm(Rating, frozen=True, kw_only=True):
    """The student's form and what it comes to, out of 12."""

    total: int


class OneRecording(RecordingRow, frozen=True, kw_only=True):
    """A row with both forms and the members."""

    rating_form: RatingForm | UnsetType = UNSET
    report_form: Report | None
    members: list[Member]


class PreparedVoices(Struct, frozen=True, kw_only=True):
    """The job that prepares the voices; none when they are there."""

    job: Id | None


async def search(
    asked: Asked, sessions: SessionService, people: PeopleService, library: Library
) -> Recordings:
    """GET /api/recordings?student=&teacher=&subject=&from=&to=&reason=&page=.

    Students and teachers by id, login or part of the name; `from` and `to` as Unix ms, or as days
    (2026-09-01, UTC, both included).
    """
    student, teacher = asked.text("student"), asked.text("teacher")
    records, total = await sessions.search(
        SessionFilter(
            student_ids=await people.find("student", student) if student else None,
            teacher_ids=await people.find("teacher", teacher) if teacher else None,
            subject=asked.text("subject") or None,
            reason=asked.text("reason") or None,
            from_ms=_moment("from", asked.text("from"), days=0),
            until_ms=_moment("to", asked.text("to"), days=1),
            offset=(asked.number("page") - 1) * _PAGE,
            limit=_PAGE,
        )
    )
    persons = await _persons(people, records)
    summaries = await asyncio.to_thread(_summaries, library, records)
    rows = [_row(record, persons, summaries.get(record.session)) for record in records]
    return Recordings(recordings=rows, total=total)


async def one(
    asked: Asked, sessions: SessionService, people: PeopleService, library: Library
) -> OneRecording:
    """GET /api/recordings/{session}."""
    record = await sessions.get(asked.path["session"])
    persons = await _persons(people, [record])
    summaries = await asyncio.to_thread(_summaries, library, [record])
    row = _row(record, persons, summaries.get(record.session))
    form = record.rating
    return OneRecording(
        **msgspec.structs.asdict(row),
        rating_form=_rating_form(form) if form is not None else UNSET,
        report_form=record.report,
        members=[
            Member(member=person.id, name=person.name, role=person.role, link="left")
            for person in (persons.get(record.student), persons.get(record.teacher))
            if person is not None
        ],
    )


async def events(asked: Asked, sessions: SessionService, library: Library) -> web.Response:
    """GET /api/recordings/{session}/events."""
    record = await sessions.get(asked.path["session"])
    try:
        data = await asyncio.to_thread(_events, library, record.session)
    except (FileNotFoundError, NotARecording):
        raise _no_recording() from None
    return web.Response(
        body=data, content_type="application/msgpack", headers={"Cache-Control": "no-store"}
    )


async def prepare_voices(
    asked: Asked, sessions: SessionService, library: Library, files: VoiceFiles
) -> PreparedVoices:
    """POST /api/recordings/{session}/voices."""
    record, recording = await _ended(asked, sessions, library)
    return PreparedVoices(job=await files.prepare(record.session, recording, owner=asked.person))


async def voices(
    asked: Asked, sessions: SessionService, library: Library, files: VoiceFiles
) -> web.StreamResponse:
    """GET /api/recordings/{session}/voices."""
    record, _ = await _ended(asked, sessions, library)
    file = await files.find(record.session)
    if file is None:
        raise Refusal("not_rendered", "these voices have not been prepared; POST here first")
    return web.FileResponse(
        file, headers={"Content-Type": "audio/ogg", "Cache-Control": "private, no-store"}
    )


async def _ended(
    asked: Asked, sessions: SessionService, library: Library
) -> tuple[SessionRecord, Path]:
    """Return the session of the path and its recording; neither changes any more."""
    record = await sessions.get(asked.path["session"])
    if record.ended_ms is None:
        raise Refusal("still_running", "the session has not ended")
    recording = library.path(record.session)
    if not await asyncio.to_thread(recording.is_file):
        raise _no_recording()
    return record, recording


async def _persons(people: PeopleService, records: list[SessionRecord]) -> dict[str, Person]:
    return await people.persons(
        person for record in records for person in (record.student, record.teacher)
    )


def _summaries(library: Library, records: list[SessionRecord]) -> dict[str, RecordingSummary]:
    found = {}
    for record in records:
        try:
            found[record.session] = library.info(record.session)
        except FileNotFoundError:
            continue
    return found


def _events(library: Library, session_id: str) -> bytes:
    summary = library.info(session_id)
    return msgspec.msgpack.encode(
        {
            "duration_ms": summary.duration_ms,
            "voices": summary.voices,
            # Already msgpack, exactly as they were on the wire.
            "events": [msgspec.Raw(payload) for payload in library.events(session_id)],
        }
    )


def _row(
    record: SessionRecord, people: dict[str, Person], summary: RecordingSummary | None
) -> RecordingRow:
    running = record.ended_ms is None
    return RecordingRow(
        session=record.session,
        student=_reference(record.student, people),
        teacher=_reference(record.teacher, people),
        subject=record.subject,
        started_ms=record.started_ms,
        seconds=record.seconds,
        reason=record.reason or "running",
        rating=record.rating.total if record.rating is not None else None,
        sealed=summary is not None and summary.sealed,
        # What is still being written ends anywhere; that is no damage.
        damaged=summary is not None and summary.damaged and not running,
        bytes=summary.bytes if summary is not None else 0,
    )


def _rating_form(form: Rating) -> RatingForm:
    return RatingForm(**msgspec.structs.asdict(form), total=form.total)


def _reference(person_id: str, people: dict[str, Person]) -> Reference:
    person = people.get(person_id)
    return Reference(id=person_id, name=person.name if person is not None else "")


def _moment(name: str, text: str, days: int) -> int | None:
    """Return the Unix ms of a query's moment; a day's is its start, `days` later."""
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return int(text)
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise Refusal("bad_request", f"{name} must be Unix ms or a day like 2026-09-01") from None
    return round(day.timestamp() * 1000)


def _no_recording() -> Refusal:
    return Refusal("no_recording", "there is no recording of this session")


_ONE = Rule("replay_recording", of=session)

ROUTES = (
    Route(
        "GET",
        "/api/recordings",
        may=Rule("search_recordings", of=whole),
        do=search,
        summary="Find recordings, 20 a page, the newest first",
        query=(
            Query(name="student", most=200, summary="an id, a login or a part of the name"),
            Query(name="teacher", most=200, summary="an id, a login or a part of the name"),
            Query(name="subject", most=200),
            Query(name="from", kind="moment"),
            Query(name="to", kind="moment"),
            Query(name="reason", most=200, summary="how it ended"),
            Query(name="page", kind="number", default=1, least=1, most=100_000),
        ),
        returns=Recordings,
        errors=("bad_request",),
    ),
    Route(
        "GET",
        "/api/recordings/{session}",
        may=_ONE,
        do=one,
        summary="One recording, with both forms and the members",
        returns=OneRecording,
        errors=("unknown_session",),
    ),
    Route(
        "GET",
        "/api/recordings/{session}/events",
        may=_ONE,
        do=events,
        summary="What happened, as it was on the wire (msgpack)",
        returns=Binary(("application/msgpack",)),
        errors=("unknown_session", "no_recording"),
    ),
    Route(
        "POST",
        "/api/recordings/{session}/voices",
        may=_ONE,
        do=prepare_voices,
        summary="Have the voices prepared, once for all who ask",
        returns=PreparedVoices,
        errors=("unknown_session", "no_recording", "still_running", "busy"),
    ),
    Route(
        "GET",
        "/api/recordings/{session}/voices",
        may=_ONE,
        do=voices,
        summary="Both voices as Ogg Opus, student left, teacher right",
        returns=Binary(("audio/ogg",)),
        also=(Answer(status=206, returns=Binary(("audio/ogg",))), Answer(status=416)),
        errors=("unknown_session", "no_recording", "still_running", "not_rendered"),
    ),
)
