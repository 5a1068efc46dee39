"""Signing in over HTTP: the cookie's bounds, renewal, two people in one browser, junk."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientResponse

from base.config import ServerConfig
from people.config import PeopleConfig
from tests.fakes.http_server import Http, code, http_server
from tests.fakes.services import CHEAP, PASSWORD


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    async with http_server(tmp_path) as http:
        yield http


async def sign_in(http: Http, login: str = "lin", password: str = PASSWORD) -> ClientResponse:
    return await http.call("POST", "/api/sign-in", json={"login": login, "password": password})


def cookie_of(answer: ClientResponse) -> str:
    return SimpleCookie(answer.headers["Set-Cookie"])["refresh"].value


async def renew(http: Http, person_id: str, cookie: str) -> ClientResponse:
    http.client.session.cookie_jar.clear()
    headers = {"Cookie": f"refresh={cookie}"}
    return await http.call("POST", f"/api/people/{person_id}/refresh", headers=headers)


async def test_signing_in_gives_a_token_the_person_and_a_strict_cookie(http: Http) -> None:
    student = await http.kept.student()
    answer = await sign_in(http)
    assert answer.status == 200
    body = await answer.json()
    assert set(body) == {"access_token", "expires_in", "person"}
    assert body["person"]["id"] == student.id
    assert body["person"]["grade"] == 8
    cookie = answer.headers["Set-Cookie"]
    assert f"Path=/api/people/{student.id}/;" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert answer.headers["Cache-Control"] == "no-store"
    me = await http.call("GET", "/api/me", body["access_token"])
    assert (await me.json()) == body["person"]


async def test_a_cookie_not_to_be_remembered_goes_with_the_browser(http: Http) -> None:
    student = await http.kept.student()
    assert "Max-Age=2592000" in (await sign_in(http)).headers["Set-Cookie"]
    body = {"login": "lin", "password": PASSWORD, "remember": False}
    answer = await http.call("POST", "/api/sign-in", json=body)
    assert "Max-Age" not in answer.headers["Set-Cookie"]
    renewed = await renew(http, student.id, cookie_of(answer))
    assert renewed.status == 200
    assert "Max-Age" not in renewed.headers["Set-Cookie"]


async def test_behind_https_the_cookie_is_secure(tmp_path: Path) -> None:
    server = ServerConfig(public_url="https://inkcall.example")
    async with http_server(tmp_path, server=server) as http:
        await http.kept.student()
        assert "Secure" in (await sign_in(http)).headers["Set-Cookie"]


async def test_renewing_replaces_the_cookie_and_signing_out_ends_it(http: Http) -> None:
    student = await http.kept.student()
    first = cookie_of(await sign_in(http))
    renewed = await renew(http, student.id, first)
    second = cookie_of(renewed)
    assert renewed.status == 200
    assert second != first
    token = (await renewed.json())["access_token"]
    headers = {"Cookie": f"refresh={second}"}
    out = await http.call("POST", f"/api/people/{student.id}/sign-out", headers=headers)
    assert out.status == 204
    assert await code(await http.call("GET", "/api/me", token)) == (401, "token_revoked")
    assert await code(await renew(http, student.id, second)) == (401, "token_revoked")


async def test_two_windows_of_one_browser_are_two_people(http: Http) -> None:
    student, teacher = await http.kept.student(), await http.kept.teacher()
    await sign_in(http, "lin")
    await sign_in(http, "chen")
    for person in (student, teacher, student):
        answer = await http.call("POST", f"/api/people/{person.id}/refresh")
        assert answer.status == 200
        assert (await answer.json())["person"]["id"] == person.id


@pytest.mark.parametrize("token", ["", "junk", "Bearer"])
async def test_without_a_token_there_is_nothing(http: Http, token: str) -> None:
    for path in (
        "/api/me",
        "/api/sessions/mine",
        "/api/recordings",
        "/api/pens",
        "/api/vocabulary",
    ):
        answer = await http.call("GET", path, token)
        assert await code(answer) == (401, "token_invalid")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_wrong_passwords_are_told_and_then_throttled(http: Http) -> None:
    await http.kept.student()
    for _ in range(http.kept.config.of(PeopleConfig).attempts_per_login):
        assert await code(await sign_in(http, password="wrong horse")) == (401, "wrong_password")
    answer = await sign_in(http)
    assert await code(answer) == (429, "too_many_attempts")
    assert answer.headers["Retry-After"] == "300"


async def test_the_throttle_counts_the_client_and_not_the_proxy(tmp_path: Path) -> None:
    people = msgspec.structs.replace(CHEAP, attempts_per_address=2)
    server = ServerConfig(trust_forwarded=True)
    async with http_server(tmp_path, people=people, server=server) as http:
        body = {"login": "nobody", "password": "wrong horse"}

        async def attempt(forwarded: str) -> int:
            headers = {"X-Forwarded-For": forwarded}
            return (await http.call("POST", "/api/sign-in", json=body, headers=headers)).status

        assert [await attempt(f"203.0.113.{n}, 192.0.2.7") for n in range(3)] == [401, 401, 429]
        assert await attempt("192.0.2.8") == 401


@pytest.mark.parametrize(
    ("data", "kind", "status", "error"),
    [
        (b"", "application/json", 400, "bad_request"),
        (b"[1]", "application/json", 400, "bad_request"),
        (b'{"login": 1, "password": "x"}', "application/json", 400, "bad_request"),
        (b'{"login": "\xff", "password": "x"}', "application/json", 400, "bad_request"),
        (b"[" * 10_000, "application/json", 400, "bad_request"),
        (b"x" * 20_000, "application/json", 413, "too_large"),
        (b'{"login": "lin", "password": "x"}', "text/plain", 415, "unsupported_type"),
        (b'{"login": "\\ud800", "password": "\\ud800"}', "application/json", 400, "bad_request"),
    ],
)
async def test_junk_is_refused_with_a_code(
    http: Http, data: bytes, kind: str, status: int, error: str
) -> None:
    headers = {"Content-Type": kind}
    answer = await http.call("POST", "/api/sign-in", data=data, headers=headers)
    assert await code(answer) == (status, error)
