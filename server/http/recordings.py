"""Recordings, for auditors: finding them, the events and the voices of one."""

import asyncio
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from base.errors import Refusal, not_found
from people.model import Person
from recorder.format.reader import NotARecording
from recorder.library import Library, RecordingSummary
from server.http import render
from server.http.keys import SERVICES, VOICES, HttpServices
from server.http.request import auditor, query_number
from sessions.model import SessionFilter, SessionRecord
from wire.room import Member

_PAGE = 20


async def search(request: web.Request) -> web.Response:
    """GET /api/recordings?student=&teacher=&subject=&from=&to=&reason=&page=.

    Students and teachers by id, login or part of the name; `from` and `to` as Unix ms, or as days
    (2026-09-01, UTC, both included).
    """
    auditor(request)
    services = request.app[SERVICES]
    query = request.query
    student, teacher = query.get("student", "").strip(), query.get("teacher", "").strip()
    page = query_number(request, "page", 1, 1, 100_000)
    records, total = await services.sessions.search(
        SessionFilter(
            student_ids=await services.people.find("student", student) if student else None,
            teacher_ids=await services.people.find("teacher", teacher) if teacher else None,
            subject=query.get("subject") or None,
            reason=query.get("reason") or None,
            from_ms=_moment("from", query.get("from", ""), days=0),
            until_ms=_moment("to", query.get("to", ""), days=1),
            offset=(page - 1) * _PAGE,
            limit=_PAGE,
        )
    )
    people = await _people(services, records)
    summaries = await asyncio.to_thread(_summaries, services.library, records)
    rows = [_row(record, people, summaries.get(record.session)) for record in records]
    return render.json({"recordings": rows, "total": total})


async def one(request: web.Request) -> web.Response:
    """GET /api/recordings/{session}."""
    auditor(request)
    services = request.app[SERVICES]
    record = await services.sessions.get(request.match_info["session"])
    people = await _people(services, [record])
    summaries = await asyncio.to_thread(_summaries, services.library, [record])
    row = _row(record, people, summaries.get(record.session))
    if record.rating is not None:
        form = msgspec.to_builtins(record.rating)
        row["rating_form"] = {**form, "total": record.rating.total}
    row["report_form"] = record.report
    row["members"] = [
        Member(member=person.id, name=person.name, role=person.role, link="left")
        for person in (people.get(record.student), people.get(record.teacher))
        if person is not None
    ]
    return render.json(row)


async def events(request: web.Request) -> web.Response:
    """GET /api/recordings/{session}/events."""
    auditor(request)
    services = request.app[SERVICES]
    record = await services.sessions.get(request.match_info["session"])
    try:
        data = await asyncio.to_thread(_events, services.library, record.session)
    except (FileNotFoundError, NotARecording):
        raise _no_recording() from None
    return web.Response(
        body=data, content_type="application/msgpack", headers={"Cache-Control": "no-store"}
    )


async def voices(request: web.Request) -> web.StreamResponse:
    """GET /api/recordings/{session}/voices."""
    known = auditor(request)
    services = request.app[SERVICES]
    record = await services.sessions.get(request.match_info["session"])
    if record.ended_ms is None:
        raise Refusal("still_running", "the session has not ended", HTTPStatus.CONFLICT)
    recording = services.library.path(record.session)
    if not await asyncio.to_thread(recording.is_file):
        raise _no_recording()
    file = await request.app[VOICES].file(record.session, recording, owner=known.person_id)
    return web.FileResponse(
        file, headers={"Content-Type": "audio/ogg", "Cache-Control": "private, no-store"}
    )


async def _people(services: HttpServices, records: list[SessionRecord]) -> dict[str, Person]:
    return await services.people.persons(
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
) -> dict[str, Any]:
    running = record.ended_ms is None
    return {
        "session": record.session,
        "student": _reference(record.student, people),
        "teacher": _reference(record.teacher, people),
        "subject": record.subject,
        "started_ms": record.started_ms,
        "seconds": record.seconds,
        "reason": record.reason or "running",
        "rating": record.rating.total if record.rating is not None else None,
        "sealed": summary is not None and summary.sealed,
        # What is still being written ends anywhere; that is no damage.
        "damaged": summary is not None and summary.damaged and not running,
        "bytes": summary.bytes if summary is not None else 0,
    }


def _reference(person_id: str, people: dict[str, Person]) -> dict[str, str]:
    person = people.get(person_id)
    return {"id": person_id, "name": person.name if person is not None else ""}


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
    return not_found("no_recording", "there is no recording of this session")
