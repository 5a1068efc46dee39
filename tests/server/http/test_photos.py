"""Photos over HTTP: who may send and see them, bounds, and what the room is told."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from structlog.testing import capture_logs

from people.model import Person
from sessions.model import SessionFacts
from tests.fakes import pictures
from tests.fakes.http_server import Http, code, http_server

JPEG = pictures.encoded(pictures.halves(), "JPEG")
FACTS = SessionFacts(together_s=300, photos=1)


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    async with http_server(tmp_path) as http:
        yield http


async def session(http: Http) -> tuple[Person, Person]:
    """Open a session of a student and a teacher."""
    student, teacher = await http.kept.student(), await http.kept.teacher()
    now_ms = http.kept.clock.unix_ms()
    await http.kept.sessions.create("s_1", "c_1", student.id, teacher.id, "maths", "", now_ms)
    http.rooms.members |= {("s_1", student.id), ("s_1", teacher.id)}
    return student, teacher


async def test_a_photo_is_sent_and_seen_by_both_and_later_by_an_auditor(http: Http) -> None:
    student, teacher = await session(http)
    auditor, other = await http.kept.auditor(), await http.kept.student("zhao", "赵一鸣")
    data = pictures.with_place_and_turn()
    answer = await http.call(
        "POST", "/api/sessions/s_1/photos", await http.token(student), data=data
    )
    assert answer.status == 201
    body = await answer.json()
    assert (body["width"], body["height"]) == (200, 400)
    [(told, photo_id, sha256)] = http.rooms.photos
    assert (told, photo_id) == ("s_1", body["photo"])
    [file] = (http.folder / "objects").rglob("*.jpg")
    assert (
        file.relative_to(http.folder / "objects").as_posix() == f"photos/session.s_1/{sha256}.jpg"
    )
    assert hashlib.sha256(file.read_bytes()).hexdigest() == sha256
    path = f"/api/sessions/s_1/photos/{body['photo']}"
    for person in (student, teacher, auditor):
        shown = await http.call("GET", path, await http.token(person))
        assert shown.status == 200
        assert shown.content_type == "image/jpeg"
        assert shown.headers["ETag"] == f'"{sha256}"'
        assert shown.headers["Cache-Control"].startswith("private")
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        picture = Image.open(io.BytesIO(await shown.read()))
        assert picture.size == (200, 400)
        assert len(picture.getexif()) == 0
    assert await code(await http.call("GET", path, await http.token(other))) == (403, "forbidden")
    assert await code(await http.call("GET", path)) == (401, "token_invalid")
    # After the end it stays theirs.
    http.rooms.members.clear()
    await http.kept.sessions.end("s_1", http.kept.clock.unix_ms() + 1, "hung_up", FACTS)
    assert (await http.call("GET", path, await http.token(student))).status == 200
    assert await code(await http.call("GET", path, await http.token(other))) == (403, "forbidden")


async def test_only_members_of_a_running_session_may_send(http: Http) -> None:
    student, _ = await session(http)
    other = await http.kept.student("zhao", "赵一鸣")
    for person, path in ((other, "s_1"), (student, "s_2")):
        answer = await http.call(
            "POST", f"/api/sessions/{path}/photos", await http.token(person), data=JPEG
        )
        assert await code(answer) == (403, "forbidden")
    assert http.rooms.photos == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"#!/bin/sh\nreboot\n", (415, "not_a_picture")),
        (JPEG[:200], (415, "not_a_picture")),
        (pictures.png_bomb(), (422, "picture_too_large")),
        (b"x" * 15_000_001, (413, "too_large")),
    ],
    ids=["script", "torn", "bomb", "too many bytes"],
)
async def test_harm_is_refused_whatever_it_is_called(
    http: Http, data: bytes, expected: tuple[int, str]
) -> None:
    student, _ = await session(http)
    headers = {"Content-Type": "image/jpeg", "Content-Disposition": 'filename="homework.jpg"'}
    answer = await http.call(
        "POST",
        "/api/sessions/s_1/photos",
        await http.token(student),
        data=io.BytesIO(data),
        headers=headers,
    )
    assert await code(answer) == expected
    assert http.rooms.photos == []
    assert not (http.folder / "objects").exists()
    metrics = await (await http.call("GET", "/metrics")).text()
    assert f'inkcall_photos_total{{result="{expected[1]}"}} 1.0' in metrics


async def test_a_body_without_a_length_is_stopped_at_the_limit(http: Http) -> None:
    student, _ = await session(http)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 60_000_000:
            sent += 64 * 1024
            yield b"x" * 64 * 1024
            await asyncio.sleep(0)

    answer = await http.call(
        "POST", "/api/sessions/s_1/photos", await http.token(student), data=endless()
    )
    assert await code(answer) == (413, "too_large")
    assert sent < 40_000_000


async def test_a_compressed_body_is_refused(http: Http) -> None:
    student, _ = await session(http)
    headers = {"Content-Encoding": "gzip"}
    answer = await http.call(
        "POST", "/api/sessions/s_1/photos", await http.token(student), data=b"", headers=headers
    )
    assert await code(answer) == (415, "unsupported_encoding")


async def test_a_photo_that_comes_after_the_end_is_not_kept(http: Http) -> None:
    student, _ = await session(http)
    http.rooms.over = True
    answer = await http.call(
        "POST", "/api/sessions/s_1/photos", await http.token(student), data=JPEG
    )
    assert await code(answer) == (409, "session_ended")
    assert not list((http.folder / "objects").rglob("*.jpg"))
    [(_, photo_id, _)] = http.rooms.photos
    path = f"/api/sessions/s_1/photos/{photo_id}"
    shown = await http.call("GET", path, await http.token(student))
    assert await code(shown) == (404, "unknown_photo")


async def sent(http: Http, student: Person) -> str:
    """Send a photo; return the path it is seen under."""
    token = await http.token(student)
    answer = await http.call("POST", "/api/sessions/s_1/photos", token, data=JPEG)
    return f"/api/sessions/s_1/photos/{(await answer.json())['photo']}"


async def test_a_photo_can_be_asked_for_in_parts_and_once_only(http: Http) -> None:
    student, _ = await session(http)
    token, path = await http.token(student), await sent(http, student)
    whole = await http.call("GET", path, token)
    data, tag = await whole.read(), whole.headers["ETag"]
    for asked, expected in (
        ("bytes=2-5", data[2:6]),
        ("bytes=7-", data[7:]),
        ("bytes=-3", data[-3:]),
    ):
        part = await http.call("GET", path, token, headers={"Range": asked})
        assert (part.status, await part.read()) == (206, expected)
    assert part.headers["Content-Range"] == f"bytes {len(data) - 3}-{len(data) - 1}/{len(data)}"
    beyond = await http.call("GET", path, token, headers={"Range": "bytes=9999999-"})
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(data)}")
    stale = await http.call("GET", path, token, headers={"Range": "bytes=2-5", "If-Range": '"x"'})
    assert (stale.status, await stale.read()) == (200, data)
    again = await http.call("GET", path, token, headers={"If-None-Match": tag})
    assert (again.status, await again.read()) == (304, b"")


async def test_a_photo_whose_file_is_missing_is_a_404_for_the_log_too(http: Http) -> None:
    student, _ = await session(http)
    path = await sent(http, student)
    for file in (http.folder / "objects").rglob("*.jpg"):
        file.unlink()
    with capture_logs() as lines:
        answer = await http.call("GET", path, await http.token(student))
    assert await code(answer) == (404, "unknown_photo")
    [line] = [line for line in lines if line["event"] == "http" and "photos" in line["route"]]
    assert line["status"] == 404
