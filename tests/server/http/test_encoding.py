"""Which form is sent to whom; what is compressed, and what never is."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from aiohttp import web
from msgspec import Struct

from base.routes import PUBLIC, Asked, Binary, Route
from server.app import ROUTES
from server.http.encoding import preferred
from tests.fakes.http_server import Http, http_server

BOTH = ("br", "gzip")


@pytest.mark.parametrize(
    ("accepted", "form"),
    [
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("deflate", "identity"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("br; q=0.9 , gzip;q=0.9", "br"),
        ("gzip;q=0", "identity"),
        ("br;q=0, gzip;q=0, identity;q=0", "identity"),
        ("gzip;q=0.5, identity", "identity"),
        ("gzip;q=1, identity;q=0.5", "gzip"),
        ("identity", "identity"),
        ("br;q=nan, gzip", "gzip"),
        ("br;q=7, gzip;q=x", "identity"),
        (",;,=;q,", "identity"),
    ],
)
def test_the_form_that_the_client_likes_most(accepted: str, form: str) -> None:
    assert preferred(accepted, BOTH) == form


class Text(Struct, frozen=True):
    """An answer of any length."""

    text: str


async def long(_asked: Asked) -> Text:
    """GET /api/long."""
    return Text("inkcall " * 10_000)


async def short(_asked: Asked) -> Text:
    """GET /api/short."""
    return Text("inkcall")


async def part(_asked: Asked) -> web.Response:
    """GET /api/part."""
    return web.json_response("x" * 2000, status=206, headers={"Content-Range": "bytes 0-2001/9999"})


async def picture(_asked: Asked) -> web.Response:
    """GET /api/picture."""
    return web.Response(body=b"x" * 2000, content_type="image/webp")


def row(path: str, do: Any, returns: Any, *, secret: bool = False) -> Route:
    """Return a row that anybody may ask."""
    return Route("GET", path, may=PUBLIC, do=do, summary="", returns=returns, secret=secret)


OWN = (
    row("/api/long", long, Text),
    row("/api/secret", long, Text, secret=True),
    row("/api/short", short, Text),
    row("/api/part", part, Binary(("application/json",))),
    row("/api/picture", picture, Binary(("image/webp",))),
)


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    async with http_server(tmp_path, routes=OWN) as http:
        yield http


async def as_sent(http: Http, path: str, accepted: str) -> tuple[Any, bytes]:
    """Return the headers and the bytes as they were on the wire."""
    answer = await http.client.get(
        path, headers={"Accept-Encoding": accepted}, auto_decompress=False
    )
    return answer.headers, await answer.read()


async def test_a_long_answer_is_compressed_for_who_can_read_that(http: Http) -> None:
    headers, body = await as_sent(http, "/api/long", "br, gzip")
    assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert headers["Cache-Control"] == "no-store"
    assert len(body) == int(headers["Content-Length"]) < 1000
    assert msgspec.json.decode(gzip.decompress(body), type=Text) == await long(None)  # type: ignore[arg-type]
    headers, body = await as_sent(http, "/api/long", "identity")
    assert "Content-Encoding" not in headers
    # A cache between must know that the other form exists.
    assert headers["Vary"] == "Accept-Encoding"
    assert msgspec.json.decode(body, type=Text) == await long(None)  # type: ignore[arg-type]


async def test_head_says_what_get_would(http: Http) -> None:
    headers, _ = await as_sent(http, "/api/long", "gzip")
    head = await http.client.head("/api/long", headers={"Accept-Encoding": "gzip"})
    for name in ("Content-Encoding", "Content-Length", "Vary"):
        assert head.headers[name] == headers[name]


@pytest.mark.parametrize("path", ["/api/secret", "/api/short", "/api/part", "/api/picture"])
async def test_secrets_ranges_pictures_and_what_is_short_stay_as_they_are(
    http: Http, path: str
) -> None:
    headers, _ = await as_sent(http, path, "gzip")
    assert "Content-Encoding" not in headers


def test_every_row_whose_answer_lets_somebody_in_is_secret() -> None:
    """BREACH: see `server.http.encoding`."""
    telling = ("token", "password", "secret", "device_code", "grant")
    found = set()
    for one in ROUTES:
        fields = get_type_hints(one.returns) if isinstance(one.returns, type) else ()
        if any(word in field for field in fields for word in telling):
            found.add(one.name)
            assert one.secret, one.name
    assert {"POST /api/sign-in", "POST /api/pens/pairings/token"} <= found
    assert "POST /api/people/{person}/refresh" in found
