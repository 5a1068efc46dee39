"""Pairing against a real small HTTP server: waiting, told to slow down, refused, expired, nonsense."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pen_bridge import pairing
from pen_bridge.addresses import Server
from pen_bridge.clock import Clock
from pen_bridge.credential import Credential
from pen_bridge.pairing import Begun, PairingFailed, Unreachable, pair

Answer = tuple[int, Any]
BEGUN = {"device_code": "dev-1", "user_code": "BCDF-GHJK", "expires_in": 600, "interval": 0}
TOKEN = {"token": "secret", "teacher_name": "Wen Yu"}


def error(code: str, status: int = 400) -> Answer:
    return status, {"error": {"code": code, "text": f"text of {code}"}}


class Pairings:
    """Answers the first call with `begun`, and the polls with `answers` in turn."""

    def __init__(self, *answers: Answer, begun: Answer = (201, BEGUN)) -> None:
        self.begun = begun
        self.answers = list(answers)
        self.asked: list[Any] = []
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Pairings"]:
        app = web.Application()
        app.router.add_post("/api/pens/pairings", self._handler(lambda: self.begun))
        app.router.add_post("/api/pens/pairings/token", self._handler(lambda: self.answers.pop(0)))
        async with TestServer(app) as server:
            self.url = str(server.make_url("")).rstrip("/")
            yield self

    def _handler(
        self, answer: Callable[[], Answer]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            self.asked.append(await request.json())
            status, body = answer()
            if isinstance(body, bytes):
                return web.Response(status=status, body=body, headers={"Location": "/elsewhere"})
            return web.json_response(body, status=status)

        return handle

    async def pair(self) -> Credential:
        shown: list[Begun] = []
        credential = await pair(Server(self.url), "p-1", "a pen", Clock(), shown.append)
        assert [begun.user_code for begun in shown] == ["BCDF-GHJK"]
        return credential


async def test_it_waits_for_the_teacher_and_gets_the_credential() -> None:
    pending = error("authorization_pending")
    async with Pairings(pending, pending, (200, TOKEN)).running() as server:
        credential = await server.pair()
        assert credential == Credential(
            server=server.url, pen="p-1", token="secret", teacher_name="Wen Yu"
        )
        assert "secret" not in repr(credential)
        assert server.asked == [
            {"pen": "p-1", "model": "a pen"},
            *[{"device_code": "dev-1"}] * 3,
        ]


async def test_told_to_slow_down_it_asks_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "SLOWER_S", 0.4)
    clock = Clock()
    begun = clock.now()
    async with Pairings(error("slow_down"), (200, TOKEN)).running() as server:
        await server.pair()
    assert clock.now() - begun >= 0.4


@pytest.mark.parametrize("code", ["expired_token", "access_denied", "something_new"])
async def test_a_refusal_ends_it(code: str) -> None:
    async with Pairings(error(code)).running() as server:
        with pytest.raises(PairingFailed, match=f"text of {code}") as failed:
            await server.pair()
        assert failed.value.code == code


async def test_a_code_nobody_confirms_expires_here_as_well() -> None:
    begun = {**BEGUN, "expires_in": 0.2, "interval": 0.05}
    pending = [error("authorization_pending")] * 20
    async with Pairings(*pending, begun=(201, begun)).running() as server:
        with pytest.raises(PairingFailed) as failed:
            await server.pair()
        assert failed.value.code == "expired_token"
        assert len(server.answers) > 10


async def test_a_server_that_stumbles_is_asked_again() -> None:
    stumble = (502, b"<html>bad gateway</html>")
    async with Pairings(stumble, (200, TOKEN)).running() as server:
        assert (await server.pair()).token == "secret"


@pytest.mark.parametrize(
    "begun",
    [
        (200, b"<html>welcome to the hotel's network</html>"),
        (200, {"device_code": "x"}),
        (200, {**BEGUN, "user_code": "\x1b[2J evil"}),
        (200, b"[" * 60_000),
        (200, b" " * 200_000),
        (302, b""),
        (404, b"not found"),
        (500, {"error": {"code": "internal", "text": "something went wrong"}}),
    ],
    ids=["page", "half", "escape", "deep", "large", "redirect", "other server", "broken"],
)
async def test_an_answer_that_is_none_is_no_pairing(begun: Answer) -> None:
    async with Pairings(begun=begun).running() as server:
        with pytest.raises(Unreachable):
            await pair(Server(server.url), "p-1", "a pen", Clock(), lambda _: None)
        assert len(server.asked) == 1


async def test_no_server_at_all() -> None:
    async with Pairings().running() as server:
        url = server.url
    with pytest.raises(Unreachable, match="cannot be reached"):
        await pair(Server(url), "p-1", "a pen", Clock(), lambda _: None)
