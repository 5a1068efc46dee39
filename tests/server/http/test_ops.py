"""Health and metrics, for those who run the service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from recorder.config import RecorderConfig
from tests.fakes.http_server import Http, http_server


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    async with http_server(tmp_path) as http:
        yield http


async def test_health_tells_ok_draining_and_failing(http: Http, tmp_path: Path) -> None:
    answer = await http.call("GET", "/healthz")
    assert answer.status == 200
    body = await answer.json()
    assert (body["status"], body["checks"]) == ("ok", {"database": "ok", "disk": "ok"})
    http.rooms.stopping = True
    answer = await http.call("GET", "/healthz")
    assert (answer.status, (await answer.json())["status"]) == (200, "draining")
    full = RecorderConfig(min_free_bytes=2**60)
    (tmp_path / "full").mkdir()
    async with http_server(tmp_path / "full", recorder=full) as other:
        answer = await other.call("GET", "/healthz")
        assert answer.status == 503
        body = await answer.json()
        assert (body["status"], body["checks"]["disk"]) == ("failing", "failing")


async def test_metrics_count_refusals_sign_ins_and_answers(http: Http) -> None:
    await http.call("POST", "/api/sign-in", json={"login": "nobody", "password": "x"})
    text = await (await http.call("GET", "/metrics")).text()
    assert 'inkcall_sign_ins_total{result="wrong_password"} 1.0' in text
    assert 'inkcall_refused_total{code="wrong_password"} 1.0' in text
    assert 'inkcall_http_responses_total{status="4xx"} 1.0' in text
    assert "process_resident_memory_bytes" in text
