"""Jobs over HTTP: how far one's own long work is, and cancelling it."""

from aiohttp import web

from base.errors import Refusal, not_found
from base.jobs.queue import Job
from people.model import may_audit
from server.http import render
from server.http.keys import SERVICES
from server.http.request import identity
from server.voice_files import RENDER_VOICES


async def show(request: web.Request) -> web.Response:
    """GET /api/jobs/{job}."""
    return render.json(_row(await _allowed(request)))


async def cancel(request: web.Request) -> web.Response:
    """POST /api/jobs/{job}/cancel."""
    job = await _allowed(request)
    after = await request.app[SERVICES].jobs.cancel(job.job)
    if after is None:
        raise _unknown()
    return render.json(_row(after))


async def _allowed(request: web.Request) -> Job:
    """Return the job, if it is theirs who ask; a render is all auditors', since they share it."""
    known = identity(request)
    job = await request.app[SERVICES].jobs.get(request.match_info["job"])
    if job is None:
        raise _unknown()
    shared = job.kind == RENDER_VOICES.name and may_audit(known.role)
    # Somebody else's is not there: ids tell nothing.
    if not shared and job.owner != known.person_id:
        raise _unknown()
    return job


def _row(job: Job) -> dict[str, object]:
    return {
        "job": job.job,
        "kind": job.kind,
        "state": job.state,
        "progress": job.progress,
        "text": job.text,
        "result": job.result,
        "error": job.error,
        "created_ms": job.created_ms,
        "ended_ms": job.ended_ms,
    }


def _unknown() -> Refusal:
    return not_found("unknown_job", "there is no such job")
