"""One's own sessions, the two forms, and the lists the forms offer."""

from msgspec import Struct

from base.names import Names
from base.objects import HERE, Object
from base.routes import Asked, Query, Route, Rule, own
from sessions.model import Rating, Report
from sessions.service import SessionService
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


async def session(asked: Asked, sessions: SessionService) -> Object:
    """Return the session of the path, which is its student's and its teacher's."""
    record = await sessions.get(asked.path["session"])
    return Object(frozenset({record.student, record.teacher}), frozenset({HERE}))


async def vocabulary(_asked: Asked) -> Vocabulary:
    """GET /api/vocabulary."""
    return Vocabulary(
        style_labels=STYLE_LABELS,
        rating_items=RATING_ITEMS,
        subjects=SUBJECTS,
        knowledge_points=KNOWLEDGE_POINTS,
    )


async def mine(asked: Asked, sessions: SessionService, names: Names) -> MySessions:
    """GET /api/sessions/mine?limit."""
    records = await sessions.person_sessions(asked.person, asked.number("limit"))
    called = await names.names(
        person for record in records for person in (record.student, record.teacher)
    )
    rows = []
    for record in records:
        other = record.teacher if record.student == asked.person else record.student
        rows.append(
            MySession(
                session=record.session,
                other=called.get(other, ""),
                subject=record.subject,
                started_ms=record.started_ms,
                seconds=record.seconds,
                reason=record.reason,
                rating=record.rating.total if record.rating is not None else None,
                form_due=sessions.is_form_due(record, asked.role),
            )
        )
    return MySessions(sessions=rows)


async def rate(asked: Asked, form: Rating, sessions: SessionService) -> None:
    """POST /api/sessions/{session}/rating."""
    await sessions.rate(asked.path["session"], asked.person, form)


async def report(asked: Asked, form: Report, sessions: SessionService) -> None:
    """POST /api/sessions/{session}/report."""
    await sessions.report(asked.path["session"], asked.person, form)


_FORM_ERRORS = ("unknown_session", "still_running", "already_given")

ROUTES = (
    Route(
        "GET",
        "/api/vocabulary",
        may=Rule("read_vocabulary", of=own),
        do=vocabulary,
        summary="The lists that forms offer",
        returns=Vocabulary,
    ),
    Route(
        "GET",
        "/api/sessions/mine",
        may=Rule("read_own_sessions", of=own),
        do=mine,
        summary="One's own sessions, the newest first",
        query=(Query(name="limit", kind="number", default=50, least=1, most=200),),
        returns=MySessions,
    ),
    Route(
        "POST",
        "/api/sessions/{session}/rating",
        may=Rule("rate_session", of=session, hidden="unknown_session"),
        do=rate,
        summary="The student's form, once",
        body=Rating,
        errors=_FORM_ERRORS,
    ),
    Route(
        "POST",
        "/api/sessions/{session}/report",
        may=Rule("report_session", of=session, hidden="unknown_session"),
        do=report,
        summary="The teacher's form, once",
        body=Report,
        errors=_FORM_ERRORS,
    ),
)
