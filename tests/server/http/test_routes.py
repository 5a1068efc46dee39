"""The protocol page names every HTTP route, and no other."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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
