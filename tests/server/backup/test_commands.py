"""`inkcall backup` on a server with a call in progress, and `inkcall restore` elsewhere: all is there."""

import asyncio
import importlib.util
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import msgspec
import pytest

from recorder.library import Library
from tests.fakes import pictures
from tests.fakes.backups import inkcall, of_kind
from tests.fakes.processes import ROOT, ServerProcess, running_server
from tests.fakes.sessions import in_session
from tests.fakes.wire_client import Peer, WireClient, client
from wire import room
from wire.board import Point
from wire.codec import decode_event

pytestmark = pytest.mark.timeout(240)
WAYS = [("sqlite", "sqlite"), ("postgresql", "postgresql"), ("sqlite", "postgresql")]
NAMES = ("林小雨", "赵一鸣", "陈静怡", "Olivia")


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("client", ROOT / "docs/examples/client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["client"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


async def a_session_with_voices(server: ServerProcess, by: WireClient) -> str:
    """Let two talk for a second; return the session, which has ended and is sealed."""
    made = example()
    teacher, student = made.Client(by.http, server.url), made.Client(by.http, server.url)
    await teacher.sign_in("teacher1", "inkcall-demo")
    await student.sign_in("student1", "inkcall-demo")
    async with asyncio.TaskGroup() as group:
        group.create_task(teacher.tutored(1.5))
        learnt = group.create_task(student.tutored(1.5))
    session: str = learnt.result().session
    library = Library(server.data / "recordings")
    await until(lambda: library.info(session).sealed)
    return session


async def write(peer: Peer, source: str, page: str, first: int, written: list[str]) -> None:
    """Draw strokes without an end; `written` has those the room has confirmed."""
    for n in range(first, 10**6, 2):
        stroke = f"{source}.{n}"
        await peer.send(
            room.StrokeBegin(
                n=n, stroke=stroke, page=page, points=[Point(x=n, y=1, pressure=1, dt=1)]
            )
        )
        await peer.send(room.StrokeEnd(n=n + 1, stroke=stroke))
        ended = await peer.wait(room.StrokeEnded)
        # What was heard before is of no use, and would be looked through again each time.
        peer.heard.clear()
        written.append(ended.stroke)


async def answer(
    by: WireClient, method: str, url: str, *, status: int = 200, **given: Any
) -> bytes:
    async with by.http.request(method, url, headers=by.headers, **given) as response:
        assert response.status == status, await response.text()
        return await response.read()


def strokes(recordings: Path, session: str) -> list[str]:
    events = map(decode_event, Library(recordings).events(session))
    return [event.stroke for event in events if isinstance(event, room.StrokeEnded)]


@pytest.mark.parametrize(("kind", "other"), WAYS, ids=["-".join(way) for way in WAYS])
async def test_a_call_in_progress_is_backed_up_and_all_of_it_is_there_elsewhere(
    tmp_path: Path, kind: str, other: str
) -> None:
    old, new, file = tmp_path / "old", tmp_path / "new", tmp_path / "backup.tar"
    async with (
        of_kind(kind, old) as url,
        of_kind(other, new) as new_url,
        running_server(old, {"INKCALL__DATABASE__URL": url}) as server,
        client(server.url, "student2") as student,
        client(server.url, "teacher2") as teacher,
    ):
        ended = await a_session_with_voices(server, student)
        ready, _ = await in_session(student, teacher)
        peer = await student.room(ready.grant, "st")
        sent = await answer(
            student,
            *("POST", f"{server.url}/api/sessions/{ready.session}/photos"),
            data=pictures.encoded(pictures.halves(), "JPEG"),
            status=201,
        )
        photo = json.loads(sent)["photo"]
        path = f"/api/sessions/{ready.session}/photos/{photo}"
        seen = await answer(student, "GET", server.url + path)
        page = room.AddPage(n=1, page="st.p", kind="photo", width=4000, height=2000, photo=photo)
        await peer.send(page)
        await peer.wait(room.PageAdded)

        written: list[str] = []
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(write(peer, "st", "st.p", 2, written))
            await until(lambda: strokes(server.data / "recordings", ready.session))
            before = len(strokes(server.data / "recordings", ready.session))
            done = await inkcall(server.environment, "backup", str(file), "--json")
            assert done.status == 0, done.err
            after = len(written)
            await until(lambda: len(written) > after + 3)
            writing.cancel()
        made = json.loads(done.out)
        assert (made["recordings"], made["photos"], made["missing"]["photos"]) == (2, 1, [])
        assert made["bytes"] == file.stat().st_size
        assert "recordings 1 of 2" in done.err
        assert not any(name in done.err + done.out for name in NAMES)

        there = ServerProcess(new, {"INKCALL__DATABASE__URL": new_url})
        restored = await inkcall(there.environment, "restore", str(file), "--json")
        assert restored.status == 0, restored.err
        assert json.loads(restored.out)["taken_ms"] == made["taken_ms"]
        assert (there.data / "secret.key").stat().st_mode & 0o777 == 0o600
        # What was written up to the copy is readable, in one piece, and nothing that came later.
        kept = strokes(there.data / "recordings", ready.session)
        assert before <= len(kept) <= after + 1
        assert kept == strokes(server.data / "recordings", ready.session)[: len(kept)]
        await there.start()
        try:
            await look_around(there, student, ready.session, ended, path, seen)
        finally:
            await there.stop()


async def look_around(
    server: ServerProcess, student: WireClient, running: str, ended: str, photo: str, seen: bytes
) -> None:
    """Sign in, go on with an old cookie, see the photo, watch the session that has ended."""
    # The cookie is the one the old server gave.
    me = student.person["id"]
    renewed = await answer(student, "POST", f"{server.url}/api/people/{me}/refresh")
    student.token = json.loads(renewed)["access_token"]
    assert await answer(student, "GET", server.url + photo) == seen
    async with client(server.url, "auditor1") as auditor:
        recordings = f"{server.url}/api/recordings"
        watched = msgspec.msgpack.decode(
            await answer(auditor, "GET", f"{recordings}/{ended}/events")
        )
        assert len(watched["voices"]) == 2
        assert {event.get("text") for event in watched["events"]} >= {
            "Hello from the teacher.",
            "Hello from the student.",
        }
        job = json.loads(await answer(auditor, "POST", f"{recordings}/{ended}/voices"))["job"]
        async with asyncio.timeout(30):
            state = ""
            while state != "done":
                found = json.loads(await answer(auditor, "GET", f"{server.url}/api/jobs/{job}"))
                state = found["state"]
                assert state in ("queued", "running", "done"), found
                await asyncio.sleep(0.05)
        voices = await answer(auditor, "GET", f"{recordings}/{ended}/voices")
        with av.open(io.BytesIO(voices), "r") as sound:
            samples = [frame.samples for frame in sound.decode(sound.streams.audio[0])]
            assert sum(samples) > 48_000
        # The session that was running then is one whose server was lost, and can be watched.
        summary = json.loads(await answer(auditor, "GET", f"{recordings}/{running}"))
        assert summary["reason"] == "server_lost"


@pytest.mark.parametrize("command", ["backup", "restore"])
async def test_help_is_for_a_newcomer(tmp_path: Path, command: str) -> None:
    done = await inkcall(ServerProcess(tmp_path).environment, command, "--help")
    assert done.status == 0
    assert done.out.startswith(f"Usage: inkcall {command} [OPTIONS] FILE\n")
    assert "Examples:\n" in done.out


async def test_a_folder_is_given_a_file_named_by_the_time(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        done = await inkcall(server.environment, "backup", str(tmp_path))
    [file] = tmp_path.glob("inkcall-*.tar")
    assert done.out.startswith(f"{file}: everything as of 20")
    # The demonstration's past sessions were never recorded, and that is said.
    assert "recordings of" in done.out
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.part"))
