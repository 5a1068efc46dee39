"""The protocol page names every HTTP route, and no other; a row that contradicts itself starts no server."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from base.routes import PUBLIC, Asked, Route, Rule
from people.grants import TABLE, with_actions
from server.http import permit
from server.http.refusals import STATUS, with_codes
from server.http.routes import check, rows
from sessions.model import Rating, Report
from tests.fakes.http_server import Http, http_server

PAGE = Path(__file__).resolve().parents[3] / "docs" / "protocol.md"


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
        {"may": Rule("no_such_action", of=permit.own)},
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
        may=Rule("sign_guestbook", of=permit.own),
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
        async with http_server(tmp_path, routes=rows([row, row])):
            pass
