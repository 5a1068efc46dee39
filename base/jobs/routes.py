"""Jobs over HTTP: how far one's own long work is, and cancelling it."""

from typing import Any

from msgspec import Struct

from base.errors import Refusal
from base.jobs.model import State
from base.jobs.queue import Job, Jobs
from base.objects import HERE, Object
from base.routes import Asked, Route, Rule


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


async def show(asked: Asked, jobs: Jobs) -> JobView:
    """GET /api/jobs/{job}."""
    return _view(await _asked_for(asked, jobs))


async def cancel(asked: Asked, jobs: Jobs) -> JobView:
    """POST /api/jobs/{job}/cancel."""
    after = await jobs.cancel(asked.path["job"])
    if after is None:
        raise _unknown()
    return _view(after)


async def owned(asked: Asked, jobs: Jobs) -> Object:
    """Return the job of the path: its owner's, and the city's when its kind is shared."""
    job = await _asked_for(asked, jobs)
    return Object(frozenset({job.owner}), frozenset({HERE} if jobs.is_shared(job) else ()))


async def _asked_for(asked: Asked, jobs: Jobs) -> Job:
    job = await jobs.get(asked.path["job"])
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
