"""Jobs over HTTP: how far one's own long work is, and cancelling it."""

from typing import Any

from aiohttp import web
from msgspec import Struct

from base.errors import Refusal
from base.jobs.model import State
from base.jobs.queue import Job
from base.routes import Route, Rule
from people.grants import HERE, Object
from server.http import render
from server.http.keys import SERVICES
from server.voice_files import RENDER_VOICES


class JobView(Struct, frozen=True, kw_only=True):
    """What its owner may know of a job; progress is 0 to 100, times are Unix ms."""

    job: str
    kind: str
    state: State
    progress: int
    text: str
    result: Any
    error: str | None
    created_ms: int
    ended_ms: int | None


async def show(request: web.Request) -> web.Response:
    """GET /api/jobs/{job}."""
    return render.json(_view(await _asked_for(request)))


async def cancel(request: web.Request) -> web.Response:
    """POST /api/jobs/{job}/cancel."""
    after = await request.app[SERVICES].jobs.cancel(request.match_info["job"])
    if after is None:
        raise _unknown()
    return render.json(_view(after))


async def owned(request: web.Request, _person: str) -> Object:
    """Return the job of the path: its owner's. A render is all auditors', since they share it."""
    job = await _asked_for(request)
    shared = job.kind == RENDER_VOICES.name
    return Object(frozenset({job.owner}), frozenset({HERE} if shared else ()))


async def _asked_for(request: web.Request) -> Job:
    job = await request.app[SERVICES].jobs.get(request.match_info["job"])
    if job is None:
        raise _unknown()
    return job


def _view(job: Job) -> JobView:
    return JobView(
        job=job.job,
        kind=job.kind,
        state=job.state,
        progress=job.progress,
        text=job.text,
        result=job.result,
        error=job.error,
        created_ms=job.created_ms,
        ended_ms=job.ended_ms,
    )


def _unknown() -> Refusal:
    return Refusal("unknown_job", "there is no such job")


ROUTES = (
    Route(
        "GET",
        "/api/jobs/{job}",
        # Somebody else's is not there: ids tell nothing.
        may=Rule("read_job", of=owned, hidden="unknown_job"),
        do=show,
        summary="How far a piece of long work is",
        returns=JobView,
        errors=("unknown_job",),
    ),
    Route(
        "POST",
        "/api/jobs/{job}/cancel",
        may=Rule("cancel_job", of=owned, hidden="unknown_job"),
        do=cancel,
        summary="Stop it; what has ended stays as it is",
        returns=JobView,
        errors=("unknown_job",),
    ),
)
