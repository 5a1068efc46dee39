"""What wraps every answer: errors as JSON, security headers, one log line without secrets."""

import io
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from base.config import ServerConfig
from base.log import configure_log
from tests.fakes.http_server import Http, code, http_server


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    root = tmp_path / "dist"
    root.mkdir()
    (root / "index.html").write_text("<!doctype html><title>the page</title>")
    async with http_server(tmp_path, server=ServerConfig(web_root=str(root))) as http:
        yield http


async def test_every_answer_carries_the_security_headers(http: Http) -> None:
    for path in ("/", "/assets/nothing.js", "/api/me", "/api/nothing", "/healthz"):
        headers = (await http.call("GET", path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "script-src 'self'" in policy
        assert "connect-src 'self' blob: ws: wss:" in policy
        assert "img-src 'self' blob:" in policy
        assert "media-src 'self' blob:" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "microphone=(self), camera=(self)" in headers["Permissions-Policy"]
        assert headers["Server"] == "inkcall"


async def test_the_wrong_method_is_said_as_json(http: Http) -> None:
    answer = await http.call("DELETE", "/api/me")
    assert await code(answer) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


async def test_our_own_fault_is_logged_and_not_told(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_person_id: str) -> None:
        raise RuntimeError("the inside of the server")

    token = await http.token(await http.kept.student())
    monkeypatch.setattr(http.kept.people, "person", broken)
    answer = await http.call("GET", "/api/me", token)
    assert await code(answer) == (500, "internal")
    assert "inside" not in await answer.text()


async def test_the_log_has_ids_and_patterns_and_nothing_personal(http: Http) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_log("json", "info", stream)
    try:
        student = await http.kept.student()
        body = {"login": "lin", "password": "correct horse"}
        signed_in = await (await http.call("POST", "/api/sign-in", json=body)).json()
        token = signed_in["access_token"]
        await http.call("GET", "/api/sessions/mine?limit=7", token)
        await http.call("GET", "/api/recordings?student=林小雨", token)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    text = stream.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]
    routes = [(line["route"], line["person"]) for line in lines if line["event"] == "http"]
    assert ("/api/sessions/mine", student.id) in routes
    for secret in ("林小雨", "correct horse", token, "limit=7", "\\u6797"):
        assert secret not in text
