"""Requests that nobody thought of, made from the description: no fault of ours, every answer as described.

`INKCALL_HTTP_SEED` repeats a run; the seed is printed with a failure.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.specs.openapi import checks as conformance

from sessions.model import SessionFacts
from tests.fakes.described import DESCRIBED
from tests.fakes.http_server import Http, http_server

SEED = int(os.environ.get("INKCALL_HTTP_SEED", "23"))
EXAMPLES = 12
CHECKS = [
    schemathesis.checks.not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_schema_conformance,
]
ROLES = ("student", "teacher", "auditor")


def try_all(base_url: str, described: dict[str, Any], token: str) -> int:
    """Send `EXAMPLES` good and as many bad requests to every operation; return how many were sent."""
    schema: Any = schemathesis.openapi.from_dict(described)
    sent = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in schemathesis.GenerationMode:

            @seed(SEED)
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def one(case: Any) -> None:
                nonlocal sent
                sent += 1
                headers = {"Authorization": f"Bearer {token}"}
                case.call_and_validate(base_url=base_url, headers=headers, checks=CHECKS)

            try:
                one()
            except (schemathesis.errors.SchemathesisError, Unsatisfiable):
                # An operation of which nothing can be asked wrongly has no bad requests.
                if mode is schemathesis.GenerationMode.POSITIVE:
                    raise
    return sent


async def stage(http: Http, role: str) -> str:
    """Let a session take place, and return the token of one who was in it, or of an auditor."""
    kept = http.kept
    student, teacher = await kept.student(), await kept.teacher()
    people = {"student": student, "teacher": teacher, "auditor": await kept.auditor()}
    now_ms = kept.clock.unix_ms()
    await kept.sessions.create("0", "c_1", student.id, teacher.id, "maths", "", now_ms)
    await kept.sessions.end("0", now_ms + 1, "hung_up", SessionFacts(together_s=300))
    http.rooms.members |= {("0", student.id), ("0", teacher.id)}
    return await http.token(people[role])


@pytest.mark.parametrize("role", ROLES)
async def test_whatever_is_asked_the_answer_is_one_that_is_described(
    tmp_path: Path, role: str
) -> None:
    print(f"INKCALL_HTTP_SEED={SEED}")
    async with http_server(tmp_path) as http:
        token = await stage(http, role)
        base_url = str(http.client.make_url("")).rstrip("/")
        sent = await asyncio.to_thread(try_all, base_url, DESCRIBED, token)
    assert sent >= EXAMPLES * 10
