"""Jobs over HTTP: for their owners, those of shared kinds for all auditors, and nobody else learns of one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from base.jobs.model import JobKind
from tests.fakes.http_server import Http, code, http_server

EXPORT = JobKind(name="export", run="tests.fakes.job_work", attempts=1)
NEVER = 0
"""Parallelism of kinds whose jobs are to stay queued."""


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    async with http_server(tmp_path) as http:
        yield http


async def put(http: Http, kind: str, payload: object, owner: str) -> str:
    async with http.kept.database.transaction() as transaction:
        return await http.jobs.enqueue(transaction, kind, payload, owner=owner)


async def test_the_owner_sees_what_came_of_a_job_and_nobody_else_that_it_is(http: Http) -> None:
    http.jobs.register(EXPORT)
    teacher, auditor = await http.kept.teacher(), await http.kept.auditor()
    job = await put(http, "export", {"refuse": "too_old"}, teacher.id)
    ended = await http.jobs.wait(job)
    answer = await http.call("GET", f"/api/jobs/{job}", await http.token(teacher))
    assert answer.status == 200
    assert await answer.json() == {
        "job": job,
        "kind": "export",
        "state": "failed",
        "progress": 0,
        "text": "",
        "result": None,
        "error": "too_old",
        "created_ms": ended.created_ms,
        "ended_ms": ended.ended_ms,
    }
    for person in (await http.kept.student(), auditor):
        token = await http.token(person)
        told = set()
        for method, path in (("GET", job), ("POST", f"{job}/cancel"), ("GET", "j_none")):
            answer = await http.call(method, f"/api/jobs/{path}", token)
            assert await code(answer) == (404, "unknown_job")
            told.add(await answer.text())
        assert len(told) == 1, "the text tells what the code hides"
    assert await code(await http.call("GET", f"/api/jobs/{job}")) == (401, "token_invalid")


async def test_the_owner_cancels(http: Http) -> None:
    http.jobs.register(JobKind(name="export", run="none", parallel=NEVER))
    teacher = await http.kept.teacher()
    token = await http.token(teacher)
    job = await put(http, "export", {}, teacher.id)
    for _ in range(2):
        answer = await http.call("POST", f"/api/jobs/{job}/cancel", token)
        assert (answer.status, (await answer.json())["state"]) == (200, "cancelled")


async def test_a_job_of_a_shared_kind_is_all_auditors(http: Http) -> None:
    http.jobs.register(JobKind(name="export", run="none", parallel=NEVER, shared=True))
    one, other = await http.kept.auditor(), await http.kept.auditor("wumin", "吴敏")
    job = await put(http, "export", {}, one.id)
    student = await http.token(await http.kept.student())
    assert await code(await http.call("GET", f"/api/jobs/{job}", student)) == (404, "unknown_job")
    token = await http.token(other)
    assert (await http.call("GET", f"/api/jobs/{job}", token)).status == 200
    answer = await http.call("POST", f"/api/jobs/{job}/cancel", token)
    assert (answer.status, (await answer.json())["state"]) == (200, "cancelled")
    # As after an update that took the kind away: nobody says any more that it may be shared.
    del http.jobs.kinds["export"]
    assert await code(await http.call("GET", f"/api/jobs/{job}", token)) == (404, "unknown_job")
    assert (await http.call("GET", f"/api/jobs/{job}", await http.token(one))).status == 200
