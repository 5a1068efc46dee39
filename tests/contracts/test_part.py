"""The proof of the seam: a part in a folder of its own brings all a part can, and no other file knows it."""

import ast
import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from tests.fakes.guestbook import FOLDER, guestbook_server, inkcall
from tests.fakes.processes import ROOT, ServerProcess
from tests.fakes.wire_client import WireClient, client
from wire.codec import FrameDecoder
from wire.common import Hello, Message, Refused, Welcome

PACKAGES = ("base", "matching", "people", "recorder", "server", "sessions", "wire", "web/src")


class Wave(Message, tag="guestbook_wave", frozen=True, kw_only=True):
    """What a page sends; written again here, since the part's own module is not to be imported."""


class Waved(Message, tag="guestbook_waved", frozen=True, kw_only=True):
    """Somebody waved."""

    person: str


class Changed(Message, tag="guestbook_changed", frozen=True, kw_only=True):
    """There is something new."""


FROM_SERVER = FrameDecoder((Welcome, Refused, Waved, Changed))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    async with guestbook_server(tmp_path, INKCALL__GUESTBOOK__MAX_ENTRIES="3") as server:
        yield server


async def ask(who: WireClient, method: str, path: str, **more: Any) -> tuple[int, Any]:
    """Return the status, and the answer or its error's code."""
    headers = who.headers if who.token else {}
    async with who.http.request(method, who.url + path, headers=headers, **more) as answer:
        body: Any = await answer.json() if answer.content_type == "application/json" else None
    return answer.status, body["error"]["code"] if answer.status >= 400 else body


async def write(who: WireClient, text: str) -> tuple[int, Any]:
    return await ask(who, "POST", "/api/guestbook", json={"text": text})


async def until(who: WireClient, path: str, key: str, value: object) -> dict[str, Any]:
    """Return the answer once it says so."""
    async with asyncio.timeout(20):
        while True:
            status, body = await ask(who, "GET", path)
            assert status == 200
            found: dict[str, Any] = body.get("entries", [body])[0]
            if found[key] == value:
                return found
            await asyncio.sleep(0.05)


def test_nobody_knows_the_part_and_the_part_knows_no_server() -> None:
    sources = [
        file
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.suffix in {".py", ".ts", ".vue"}
    ]
    assert len(sources) > 200
    assert [file for file in sources if "guestbook" in file.read_text("utf-8").lower()] == []
    for file in FOLDER.rglob("*.py"):
        imported = {
            node.module.partition(".")[0]
            for node in ast.walk(ast.parse(file.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
        }
        assert file.name == "__main__.py" or not imported & {"server", "aiohttp"}, file


async def test_its_routes_ask_who_may_and_its_refusals_have_a_status(
    server: ServerProcess,
) -> None:
    async with (
        client(server.url) as nobody,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
        client(server.url, "auditor1") as auditor,
    ):
        assert await ask(nobody, "GET", "/api/guestbook") == (401, "token_invalid")
        assert await write(auditor, "checked") == (403, "forbidden")
        assert await write(student, "") == (400, "bad_request")
        status, kept = await write(student, "谢谢 老师")
        assert status == 201
        path = f"/api/guestbook/{kept['entry']}"
        # Somebody else's looks as if there were none.
        assert await ask(teacher, "DELETE", path) == (404, "unknown_entry")
        assert (await write(teacher, "welcome"))[0] == 201
        assert await write(teacher, "once more") == (409, "guestbook_full")
        _, body = await ask(auditor, "GET", "/api/guestbook?most=2")
        assert [entry["text"] for entry in body["entries"]] == ["welcome", "谢谢 老师"]
        assert (await ask(student, "DELETE", path))[0] == 204
        assert await ask(student, "DELETE", path) == (404, "unknown_entry")


async def test_its_rows_are_described_with_its_actions_and_codes(server: ServerProcess) -> None:
    async with client(server.url, "student1") as student:
        _, described = await ask(student, "GET", "/api/openapi.json")
        _, answer = await ask(student, "GET", "/api/guestbook")
    # The rows are declared: the program knows them without a server.
    assert json.loads(await inkcall(server, "openapi")) == described
    paths = described["paths"]
    assert {"/api/guestbook", "/api/guestbook/{entry}", "/api/sign-in"} <= set(paths)
    post = paths["/api/guestbook"]["post"]
    assert post["x-may"]["action"] == "sign_guestbook"
    assert set(post["x-may"]["roles"]) == {"student", "teacher"}
    assert "guestbook_full" in post["responses"]["409"]["description"]
    schema = paths["/api/guestbook"]["get"]["responses"]["200"]["content"]["application/json"]
    jsonschema.validate(answer, {**schema["schema"], "components": described["components"]})


async def test_its_job_is_done_and_its_event_and_anothers_are_heard(
    server: ServerProcess,
) -> None:
    async with client(server.url, "teacher1") as teacher, client(server.url, "student2") as student:
        page = await teacher.open("/ws/guestbook", FROM_SERVER)
        await page.send(Hello(versions=[1], token=teacher.token))
        await page.wait(Welcome)
        _, kept = await write(student, "one two three")
        await page.wait(Changed)
        done = await until(student, f"/api/jobs/{kept['job']}", "state", "done")
        assert done["result"] == {"words": 3}
        assert (server.data / "guestbook" / f"{kept['entry']}.txt").read_text() == "3"
        person = student.person["id"]
        assert (await ask(student, "POST", f"/api/people/{person}/sign-out"))[0] == 204
        left = await until(teacher, "/api/guestbook", "left", True)
        assert left["entry"] == kept["entry"]


async def test_its_socket_welcomes_who_has_a_token_and_hears_its_own_message(
    server: ServerProcess,
) -> None:
    async with client(server.url, "teacher1") as teacher:
        stranger = await teacher.open("/ws/guestbook", FROM_SERVER)
        await stranger.send(Hello(versions=[1], token="nonsense"))
        assert await stranger.closed() == 4401
        page = await teacher.open("/ws/guestbook", FROM_SERVER)
        await page.send(Hello(versions=[1], token=teacher.token))
        await page.wait(Welcome)
        await page.send(Wave())
        assert (await page.wait(Waved)).person == teacher.person["id"]
        await page.socket.send_bytes(msgspec.msgpack.encode({"type": "guestbook_nonsense"}))
        assert await page.closed() == 4400


async def test_the_operator_sees_it(server: ServerProcess) -> None:
    async with client(server.url, "student1") as student:
        assert (await write(student, "hello"))[0] == 201
        _, health = await ask(student, "GET", "/healthz")
        async with student.http.get(f"{server.url}/metrics") as answer:
            counted = await answer.text()
    assert health["checks"]["guestbook"] == "ok"
    # The demo's, too.
    assert "inkcall_guestbook_signed_total 2.0" in counted
    assert json.loads(await inkcall(server, "guestbook", "count", "--json")) == {"entries": 2}
    heads = json.loads(await inkcall(server, "db", "migrate", "--json"))["heads"]
    assert "guestbook_1" in heads


async def test_demo_data_and_table_are_there_after_a_second_start(tmp_path: Path) -> None:
    for _ in range(2):
        async with guestbook_server(tmp_path) as server, client(server.url, "student1") as student:
            _, body = await ask(student, "GET", "/api/guestbook")
            assert [entry["entry"] for entry in body["entries"]] == ["g_demo"]
            assert body["entries"][0]["name"] == student.person["name"]
