"""The protocol page names every HTTP route, and no other; a row that contradicts itself starts no server."""

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from msgspec import Struct

from base.part import Part, StartError
from base.routes import PUBLIC, Asked, Route, Rule, own
from people.grants import TABLE, with_actions
from server.app import ROUTES
from server.http.refusals import STATUS, with_codes
from server.http.routes import check, describe
from sessions.model import Rating, Report
from tests.fakes.http_server import Http, http_server

PAGE = Path(__file__).resolve().parents[3] / "docs" / "protocol.md"


class Where(Struct, frozen=True):
    """What a handler heard of a request."""

    person: str
    role: str | None
    address: str
    name: str


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    async with http_server(tmp_path) as http:
        yield http


async def test_the_page_and_the_routes_are_the_same(http: Http) -> None:
    assert http.client.app is not None
    routes = {
        (route.method, _shape(route.resource.canonical))
        for route in http.client.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    # Every other GET is the front end.
    routes.remove(("GET", "/{}"))
    section = PAGE.read_text(encoding="utf-8").split("\n## HTTP\n")[1].split("\n## ")[0]
    written = re.findall(r"`(GET|POST|DELETE) (/[^?` ]*)", section)
    assert {(method, _shape(path)) for method, path in written} == routes


def _shape(path: str) -> str:
    """Return a path whose parameters have lost their names."""
    return re.sub(r"{\w+}", "{}", path)


async def takes_rating(request: web.Request, form: Rating) -> None:
    """Take a form."""


@pytest.mark.parametrize(
    "changes",
    [
        {"body": None},
        {"body": Report},
        {"returns": Rating},
        {"may": Rule("no_such_action", of=own)},
    ],
)
def test_a_row_that_contradicts_itself_starts_no_server(changes: dict[str, Any]) -> None:
    row: dict[str, Any] = {"may": PUBLIC, "do": takes_rating, "summary": "x", "body": Rating}
    check(Route("POST", "/api/x", **row))
    with pytest.raises((TypeError, ValueError)):
        check(Route("POST", "/api/x", **{**row, **changes}))


async def takes_asked(asked: Asked) -> None:
    """Do nothing."""


def test_a_part_brings_rows_with_its_own_action_and_codes() -> None:
    row = Route(
        "PUT",
        "/api/x",
        may=Rule("sign_guestbook", of=own),
        do=takes_asked,
        summary="x",
        errors=("guestbook_full",),
    )
    table = with_actions(TABLE, {"sign_guestbook": {"student": "self"}})
    statuses = with_codes(STATUS, {"guestbook_full": 409})
    check(row, table, statuses)
    with pytest.raises(ValueError, match="sign_guestbook"):
        check(row, statuses=statuses)
    with pytest.raises(ValueError, match="guestbook_full"):
        check(row, table)


@pytest.mark.parametrize("path", ["/api/jobs/{piece}", "/api/x"])
async def test_two_rows_for_one_request_start_no_server(tmp_path: Path, path: str) -> None:
    row = Route("GET", path, may=PUBLIC, do=takes_asked, summary="x")
    with pytest.raises(ValueError, match="is there twice"):
        async with http_server(tmp_path, routes=(row, *ROUTES, row)):
            pass


class Guestbook:
    """A service that no part brings."""


async def reads_book(asked: Asked, book: Guestbook) -> None:
    """Read it."""


async def test_a_row_whose_service_no_part_brings_starts_no_server(tmp_path: Path) -> None:
    row = Route("POST", "/api/x", may=PUBLIC, do=reads_book, summary="x")
    check(row)
    with pytest.raises(StartError, match="POST /api/x needs a Guestbook, and no part brings one"):
        async with http_server(tmp_path, routes=(row, *ROUTES)):
            pass


async def says_where(asked: Asked) -> Where:
    return Where(person=asked.person, role=asked.role, address=asked.address, name=asked.path["x"])


async def test_a_part_hears_who_asks_and_from_where(tmp_path: Path) -> None:
    more: dict[str, Any] = {"do": says_where, "summary": "x", "returns": Where}
    rows = (
        Route("POST", "/api/open/{x}", may=PUBLIC, **more),
        Route("POST", "/api/own/{x}", may=Rule("read_account", of=own), **more),
    )
    async with http_server(tmp_path, routes=(*rows, *ROUTES)) as http:
        student = await http.kept.student()
        token = await http.token(student)
        for path, person, role in (("open", "", None), ("own", student.id, "student")):
            answer = await http.call("POST", f"/api/{path}/a", token)
            assert await answer.json() == {
                "person": person,
                "role": role,
                "address": "127.0.0.1",
                "name": "a",
            }


def test_the_description_holds_what_a_part_declares_and_needs_no_server() -> None:
    part = Part(
        name="guestbook",
        start=lambda _: contextlib.nullcontext(),
        routes=(
            Route(
                "POST",
                "/api/x",
                may=Rule("sign_guestbook", of=own),
                do=reads_book,
                summary="x",
                errors=("guestbook_full",),
            ),
        ),
        actions={"sign_guestbook": {"student": "self"}},
        codes={"guestbook_full": 409},
    )
    described = describe((part,))["paths"]["/api/x"]["post"]
    assert described["x-may"] == {"action": "sign_guestbook", "roles": {"student": "self"}}
    assert "guestbook_full" in described["responses"]["409"]["description"]


async def test_every_row_that_is_mounted_is_checked(tmp_path: Path) -> None:
    row = Route("POST", "/api/x", may=Rule("no_such_action", of=own), do=takes_asked, summary="x")
    with pytest.raises(ValueError, match="nobody has a rule for no_such_action"):
        async with http_server(tmp_path, routes=(row, *ROUTES)):
            pass
