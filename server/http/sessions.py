"""One's own sessions, the two forms, and the lists the forms offer."""

from aiohttp import web

from server.http import render
from server.http.keys import SERVICES
from server.http.request import body, identity, identity_as, query_number
from sessions.model import Rating, Report
from sessions.vocabulary import KNOWLEDGE_POINTS, RATING_ITEMS, STYLE_LABELS, SUBJECTS


async def vocabulary(request: web.Request) -> web.Response:
    """GET /api/vocabulary."""
    identity(request)
    return render.json(
        {
            "style_labels": STYLE_LABELS,
            "rating_items": RATING_ITEMS,
            "subjects": SUBJECTS,
            "knowledge_points": KNOWLEDGE_POINTS,
        }
    )


async def mine(request: web.Request) -> web.Response:
    """GET /api/sessions/mine?limit."""
    known = identity(request)
    services = request.app[SERVICES]
    limit = query_number(request, "limit", 50, 1, 200)
    records = await services.sessions.person_sessions(known.person_id, limit)
    people = await services.people.persons(
        person for record in records for person in (record.student, record.teacher)
    )
    rows = []
    for record in records:
        other = record.teacher if record.student == known.person_id else record.student
        rows.append(
            {
                "session": record.session,
                "other": people[other].name if other in people else "",
                "subject": record.subject,
                "started_ms": record.started_ms,
                "seconds": record.seconds,
                "reason": record.reason,
                "rating": record.rating.total if record.rating is not None else None,
                "form_due": services.sessions.is_form_due(record, known.role),
            }
        )
    return render.json({"sessions": rows})


async def rate(request: web.Request) -> web.Response:
    """POST /api/sessions/{session}/rating."""
    known = identity_as(request, "student")
    form = await body(request, Rating)
    await request.app[SERVICES].sessions.rate(request.match_info["session"], known.person_id, form)
    return render.nothing()


async def report(request: web.Request) -> web.Response:
    """POST /api/sessions/{session}/report."""
    known = identity_as(request, "teacher")
    form = await body(request, Report)
    await request.app[SERVICES].sessions.report(
        request.match_info["session"], known.person_id, form
    )
    return render.nothing()
