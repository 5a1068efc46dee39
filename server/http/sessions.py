"""One's own sessions, the two forms, and the lists the forms offer."""

from aiohttp import web
from msgspec import Struct

from base.routes import Query, Route, Rule
from server.http import permit
from server.http.keys import SERVICES
from server.http.request import identity, query_number
from sessions.model import Rating, Report
from sessions.vocabulary import (
    KNOWLEDGE_POINTS,
    RATING_ITEMS,
    STYLE_LABELS,
    SUBJECTS,
    StyleLabel,
)
from wire.common import Id
from wire.lobby import Subject
from wire.room import EndReason


class Vocabulary(Struct, frozen=True, kw_only=True):
    """The lists that forms offer."""

    style_labels: tuple[StyleLabel, ...]
    rating_items: tuple[str, ...]
    subjects: tuple[Subject, ...]
    knowledge_points: dict[str, list[str]]


class MySession(Struct, frozen=True, kw_only=True):
    """One's own session that ended; `other` is the other side's name, `rating` out of 12."""

    session: Id
    other: str
    subject: Subject
    started_ms: int
    seconds: int
    reason: EndReason | None
    rating: int | None
    form_due: bool


class MySessions(Struct, frozen=True, kw_only=True):
    """One's own sessions, the newest first."""

    sessions: list[MySession]


async def vocabulary(request: web.Request) -> Vocabulary:
    """GET /api/vocabulary."""
    return Vocabulary(
        style_labels=STYLE_LABELS,
        rating_items=RATING_ITEMS,
        subjects=SUBJECTS,
        knowledge_points=KNOWLEDGE_POINTS,
    )


async def mine(request: web.Request) -> MySessions:
    """GET /api/sessions/mine?limit."""
    known = identity(request)
    services = request.app[SERVICES]
    limit = query_number(request, "limit")
    records = await services.sessions.person_sessions(known.person_id, limit)
    people = await services.people.persons(
        person for record in records for person in (record.student, record.teacher)
    )
    rows = []
    for record in records:
        other = record.teacher if record.student == known.person_id else record.student
        rows.append(
            MySession(
                session=record.session,
                other=people[other].name if other in people else "",
                subject=record.subject,
                started_ms=record.started_ms,
                seconds=record.seconds,
                reason=record.reason,
                rating=record.rating.total if record.rating is not None else None,
                form_due=services.sessions.is_form_due(record, known.role),
            )
        )
    return MySessions(sessions=rows)


async def rate(request: web.Request, form: Rating) -> None:
    """POST /api/sessions/{session}/rating."""
    student = identity(request).person_id
    await request.app[SERVICES].sessions.rate(request.match_info["session"], student, form)


async def report(request: web.Request, form: Report) -> None:
    """POST /api/sessions/{session}/report."""
    teacher = identity(request).person_id
    await request.app[SERVICES].sessions.report(request.match_info["session"], teacher, form)


_FORM_ERRORS = ("unknown_session", "still_running", "already_given")

ROUTES = (
    Route(
        "GET",
        "/api/vocabulary",
        may=Rule("read_vocabulary", of=permit.own),
        do=vocabulary,
        summary="The lists that forms offer",
        returns=Vocabulary,
    ),
    Route(
        "GET",
        "/api/sessions/mine",
        may=Rule("read_own_sessions", of=permit.own),
        do=mine,
        summary="One's own sessions, the newest first",
        query=(Query(name="limit", kind="number", default=50, least=1, most=200),),
        returns=MySessions,
    ),
    Route(
        "POST",
        "/api/sessions/{session}/rating",
        may=Rule("rate_session", of=permit.session, hidden="unknown_session"),
        do=rate,
        summary="The student's form, once",
        body=Rating,
        errors=_FORM_ERRORS,
    ),
    Route(
        "POST",
        "/api/sessions/{session}/report",
        may=Rule("report_session", of=permit.session, hidden="unknown_session"),
        do=report,
        summary="The teacher's form, once",
        body=Report,
        errors=_FORM_ERRORS,
    ),
)
