"""The front end's files, health, metrics, and what wraps every answer."""

import io
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from yarl import URL

from base.config import RecorderConfig, ServerConfig
from base.log import configure_log
from tests.fakes.http_server import Http, code, http_server


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    root = tmp_path / "dist"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><title>the page</title>")
    (root / "assets" / "index-abc123.js").write_text("1")
    (root / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("not for anybody")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    async with http_server(tmp_path, server=ServerConfig(web_root=str(root))) as http:
        yield http


@pytest.mark.parametrize("path", ["/", "/sign-in", "/teacher", "/replay/s_1"])
async def test_every_address_of_the_application_is_its_one_page(http: Http, path: str) -> None:
    answer = await http.call("GET", path)
    assert answer.status == 200
    assert answer.content_type == "text/html"
    assert "the page" in await answer.text()
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_hashed_files_are_kept_for_ever_and_others_asked_for_again(http: Http) -> None:
    script = await http.call("GET", "/assets/index-abc123.js")
    assert script.status == 200
    assert script.content_type.endswith("/javascript")
    assert "immutable" in script.headers["Cache-Control"]
    icon = await http.call("GET", "/icon.svg")
    assert (icon.status, icon.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/old-name.js",
        "/assets/nothing",
        "/favicon.ico",
        "/link.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/a/..%2f..%2fsecret.txt",
        "/x%00.txt",
        "/api/nothing",
        "/api",
        "/ws/nothing",
    ],
)
async def test_what_is_not_there_is_not_found(http: Http, path: str) -> None:
    url = URL(str(http.client.make_url("/")).rstrip("/") + path, encoded=True)
    async with http.client.session.get(url) as answer:
        assert await code(answer) == (404, "not_found")


async def test_without_a_built_front_end_the_page_says_what_to_do(tmp_path: Path) -> None:
    server = ServerConfig(web_root=str(tmp_path / "none"))
    async with http_server(tmp_path, server=server) as http:
        answer = await http.call("GET", "/")
        assert answer.status == 503
        assert "make run" in await answer.text()


async def test_every_answer_carries_the_security_headers(http: Http) -> None:
    for path in ("/", "/assets/index-abc123.js", "/api/me", "/api/nothing", "/healthz"):
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
    assert await code(await http.call("DELETE", "/api/me")) == (405, "method_not_allowed")


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
