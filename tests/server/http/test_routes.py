"""The protocol page names every HTTP route, and no other; a row that contradicts itself starts no server."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from base.routes import PUBLIC, Route, Rule
from server.http import permit
from server.http.routes import check
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
