"""The client's side of `bench.deployment`: does all from outside, and says in JSON lines what was seen."""

import asyncio
import importlib.util
import io
import json
import ssl
import sys
from http import HTTPStatus
from pathlib import Path
from types import ModuleType

import aiohttp
import numpy as np
from PIL import Image

from wire.codec import lobby_from_server

ROOT = Path(__file__).parents[1]
PASSWORD = "inkcall-demo"
TOGETHER_S = 4.0
_MIB = 1024 * 1024


def _tell(what: str, ok: bool, seen: object) -> None:
    print(json.dumps({"what": what, "ok": ok, "seen": str(seen)}), flush=True)


async def _try_all(url: str, trusted: str = "") -> None:
    """Do all there is behind a proxy; without one, what the server itself must be able to."""
    context = ssl.create_default_context(cafile=trusted or None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as http:
        if trusted:
            await _pages(http, url)
            await _signing_in(http, url)
        await _watched(http, url, await _call(http, url))
        await _photos(http, url)
        if trusted:
            await _guessing(http, url)


async def _pages(http: aiohttp.ClientSession, url: str) -> None:
    name = url.removeprefix("https://")
    async with http.get(f"http://{name}/some/page", allow_redirects=False) as answer:
        to = answer.headers.get("Location", "")
        _tell("HTTP leads to HTTPS", to == f"https://{name}/some/page", f"{answer.status} {to}")
    for path, wanted in (("/healthz", 200), ("/metrics", 404), ("/api/me", 401)):
        async with http.get(f"{url}{path}") as answer:
            _tell(path, answer.status == wanted, answer.status)


async def _signing_in(http: aiohttp.ClientSession, url: str) -> None:
    body = {"login": "student1", "password": PASSWORD}
    async with http.post(f"{url}/api/sign-in", json=body) as answer:
        cookie = answer.headers.get("Set-Cookie", "")
        ok = "Secure" in cookie and "HttpOnly" in cookie
        _tell("the cookie is for HTTPS alone", ok, "; ".join(cookie.split("; ")[1:]))
        person = (await answer.json())["person"]["id"]
    async with http.post(f"{url}/api/people/{person}/refresh") as answer:
        _tell("the cookie comes back", answer.status == HTTPStatus.OK, answer.status)


async def _call(http: aiohttp.ClientSession, url: str) -> str:
    """Let two talk and write; return the session."""
    made = _example()
    teacher = made.Client(http, url)
    student = made.Client(http, url)
    await teacher.sign_in("teacher1", PASSWORD)
    await student.sign_in("student1", PASSWORD)
    async with asyncio.timeout(90), asyncio.TaskGroup() as group:
        taught = group.create_task(teacher.tutored(TOGETHER_S))
        learnt = group.create_task(student.tutored(TOGETHER_S))
    for who, lesson, other in (("student", learnt, "teacher"), ("teacher", taught, "student")):
        heard = lesson.result().heard_hz
        wanted = made.TONES_HZ[other]
        _tell(f"{who} hears, over UDP", abs(heard - wanted) <= 5, f"{heard} Hz of {wanted}")
    ink = [
        [len(stroke.points) for stroke in side.result().board.strokes.values()]
        for side in (taught, learnt)
    ]
    _tell("both have both strokes, over the WebSocket", ink == [[40, 40], [40, 40]], ink)
    _tell("the call ended in order", learnt.result().reason == "hung_up", learnt.result().reason)
    session: str = learnt.result().session
    return session


async def _watched(http: aiohttp.ClientSession, url: str, session: str) -> None:
    """Have the voices rendered, by a program of the server's, and fetch a part of them."""
    auditor = _example().Client(http, url)
    await auditor.sign_in("auditor1", PASSWORD)
    headers = {"Authorization": f"Bearer {auditor.token}"}
    voices = f"{url}/api/recordings/{session}/voices"
    async with asyncio.timeout(60):
        while True:
            # Refused until the session is sealed; then a job, and none once it is done.
            async with http.post(voices, headers=headers) as answer:
                if answer.status == HTTPStatus.OK and (await answer.json())["job"] is None:
                    break
            await asyncio.sleep(0.3)
    async with http.get(voices, headers={**headers, "Range": "bytes=100-299"}) as answer:
        part = len(await answer.read())
        _tell(
            "a part of the voices", (answer.status, part) == (206, 200), f"{answer.status}, {part}"
        )


async def _photos(http: aiohttp.ClientSession, url: str) -> None:
    """Send a photo nearly as large as may be into a running session, and one that is too large."""
    made = _example()
    teacher, student = (made.Client(http, url) for _ in range(2))
    await teacher.sign_in("teacher1", PASSWORD)
    await student.sign_in("student1", PASSWORD)
    async with (
        asyncio.timeout(60),
        teacher.connected("/ws/lobby", lobby_from_server) as door,
        student.connected("/ws/lobby", lobby_from_server) as caller,
        asyncio.TaskGroup() as group,
    ):
        opening = group.create_task(teacher.meet(door))
        ready = await student.meet(caller)
        _ = await opening
        photos = f"{url}/api/sessions/{ready.session}/photos"
        headers = {"Authorization": f"Bearer {student.token}"}
        for data, wanted in ((_picture(), 201), (bytes(17 * _MIB), 413)):
            async with http.post(photos, headers=headers, data=data) as answer:
                size = len(data) / _MIB
                _tell(f"a photo of {size:.0f} MiB", answer.status == wanted, answer.status)


async def _guessing(http: aiohttp.ClientSession, url: str) -> None:
    """Guess passwords of many, each time under another address of one's own invention."""
    codes = []
    for n in range(13):
        body = {"login": f"nobody{n}", "password": "guessed it"}
        made_up = {"X-Forwarded-For": f"198.51.100.{n}"}
        async with http.post(f"{url}/api/sign-in", json=body, headers=made_up) as answer:
            codes.append((await answer.json())["error"]["code"])
    _tell("an invented address is not believed", codes[-1] == "too_many_attempts", codes[-1])


def _picture() -> bytes:
    """Return a JPEG in which nothing repeats."""
    noise = np.random.default_rng(1).integers(0, 255, (3900, 3900, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG", quality=88)
    return file.getvalue()


def _example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("client", ROOT / "docs/examples/client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["client"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    asyncio.run(_try_all(*sys.argv[1:]))
