"""Pairing a pen over HTTP as the bridge and the teacher do it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.http_server import Http, code, http_server


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    async with http_server(tmp_path) as http:
        yield http


async def test_a_pen_is_paired_listed_and_removed(http: Http) -> None:
    teacher = await http.kept.teacher()
    token = await http.token(teacher)
    begun = await http.call("POST", "/api/pens/pairings", json={"pen": "pen-1", "model": "N2"})
    pairing = await begun.json()
    assert set(pairing) == {"device_code", "user_code", "expires_in", "interval"}
    ask = {"device_code": pairing["device_code"]}
    answer = await http.call("POST", "/api/pens/pairings/token", json=ask)
    assert await code(answer) == (400, "authorization_pending")
    assert await code(await http.call("POST", "/api/pens/pairings/token", json=ask)) == (
        400,
        "slow_down",
    )
    confirm = {"user_code": pairing["user_code"]}
    assert (
        await http.call("POST", "/api/pens/pairings/confirm", token, json=confirm)
    ).status == 204
    answer = await http.call("POST", "/api/pens/pairings/confirm", token, json=confirm)
    assert await code(answer) == (404, "unknown_code")
    http.kept.clock.advance(30)
    given = await (await http.call("POST", "/api/pens/pairings/token", json=ask)).json()
    assert given["teacher_name"] == teacher.name
    assert (await http.kept.pens.verify(given["token"])).teacher_id == teacher.id
    http.rooms.connected.add("pen-1")
    (row,) = (await (await http.call("GET", "/api/pens", token)).json())["pens"]
    assert (row["pen"], row["model"], row["connected"]) == ("pen-1", "N2", True)
    assert (await http.call("DELETE", "/api/pens/pen-1", token)).status == 204
    assert await code(await http.call("DELETE", "/api/pens/pen-1", token)) == (404, "unknown_pen")
    assert (await (await http.call("GET", "/api/pens", token)).json()) == {"pens": []}


async def test_codes_end_and_pens_are_teachers(http: Http) -> None:
    teacher, student = await http.kept.teacher(), await http.kept.student()
    body = {"pen": "pen-1", "model": "N2"}
    pairing = await (await http.call("POST", "/api/pens/pairings", json=body)).json()
    confirm = {"user_code": pairing["user_code"]}
    path = "/api/pens/pairings/confirm"
    assert await code(await http.call("POST", path, await http.token(student), json=confirm)) == (
        403,
        "forbidden",
    )
    assert await code(await http.call("POST", path, json=confirm)) == (401, "token_invalid")
    http.kept.clock.advance(601)
    answer = await http.call("POST", path, await http.token(teacher), json=confirm)
    assert await code(answer) == (410, "expired")
    ask = {"device_code": pairing["device_code"]}
    answer = await http.call("POST", "/api/pens/pairings/token", json=ask)
    assert await code(answer) == (400, "expired_token")
