"""The front end's files: its one page, what is kept for ever, and what is not there."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse
from yarl import URL

from base.config import ServerConfig
from tests.fakes.http_server import Http, code, http_server

SCRIPT = "teacher " * 500
FORMS = {"br": b"as small as brotli makes it", "gzip": gzip.compress(SCRIPT.encode())}


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    root = tmp_path / "dist"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><title>the page</title>")
    (root / "assets" / "index-abc123.js").write_text("1")
    (root / "icon.svg").write_text("<svg/>")
    (root / "assets" / "page.js").write_text(SCRIPT)
    for coding, smaller in FORMS.items():
        (root / coding / "assets").mkdir(parents=True)
        (root / coding / "assets" / "page.js").write_bytes(smaller)
    (root / "gzip" / "index.html").write_bytes(gzip.compress(b"<title>the page</title>"))
    (tmp_path / "secret.txt").write_text("not for anybody")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    async with http_server(tmp_path, server=ServerConfig(web_root=str(root))) as http:
        yield http


@pytest.mark.parametrize("path", ["/", "/sign-in", "/teacher", "/replay/s_1"])
async def test_every_address_of_the_application_is_its_one_page(http: Http, path: str) -> None:
    answer = await http.call("GET", path)
    assert answer.status == 200
    assert answer.content_type == "text/html"
    assert "the page" in await answer.text()
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_hashed_files_are_kept_for_ever_and_others_asked_for_again(http: Http) -> None:
    script = await http.call("GET", "/assets/index-abc123.js")
    assert script.status == 200
    assert script.content_type.endswith("/javascript")
    assert "immutable" in script.headers["Cache-Control"]
    icon = await http.call("GET", "/icon.svg")
    assert (icon.status, icon.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/old-name.js",
        "/assets/nothing",
        "/favicon.ico",
        "/link.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/a/..%2f..%2fsecret.txt",
        "/x%00.txt",
        # The forms have no address of their own.
        "/gzip/assets/page.js",
        "/br/assets/page.js",
        "/api/nothing",
        "/api",
        "/ws/nothing",
    ],
)
async def test_what_is_not_there_is_not_found(http: Http, path: str) -> None:
    url = URL(str(http.client.make_url("/")).rstrip("/") + path, encoded=True)
    async with http.client.session.get(url) as answer:
        assert await code(answer) == (404, "not_found")


async def test_without_a_built_front_end_the_page_says_what_to_do(tmp_path: Path) -> None:
    server = ServerConfig(web_root=str(tmp_path / "none"))
    async with http_server(tmp_path, server=server) as http:
        answer = await http.call("GET", "/")
        assert answer.status == 503
        assert "make run" in await answer.text()


async def page_js(http: Http, accepted: str, **headers: str) -> tuple[ClientResponse, bytes]:
    """Ask for the script; return the answer and its bytes as they were on the wire."""
    answer = await http.client.get(
        "/assets/page.js",
        headers={"Accept-Encoding": accepted, **headers},
        auto_decompress=False,
    )
    return answer, await answer.read()


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0.1, gzip;q=0.2", "gzip")],
)
async def test_a_text_comes_in_the_form_that_the_browser_takes(
    http: Http, accepted: str, coding: str
) -> None:
    answer, body = await page_js(http, accepted)
    assert (answer.status, answer.headers["Content-Encoding"]) == (200, coding)
    assert body == FORMS[coding]
    assert answer.content_type.endswith("/javascript")
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0, br;q=0", "deflate"])
async def test_who_takes_no_form_of_ours_gets_the_text(http: Http, accepted: str) -> None:
    answer, body = await page_js(http, accepted)
    assert "Content-Encoding" not in answer.headers
    # Else a cache would give it to everybody, or theirs to them.
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert body == SCRIPT.encode()


async def test_each_form_has_an_etag_of_its_own(http: Http) -> None:
    tags = {}
    for accepted in ("identity", "br", "gzip"):
        answer, _ = await page_js(http, accepted)
        tags[accepted] = answer.headers["ETag"]
    assert len(set(tags.values())) == 3
    for accepted in tags:
        for known, tag in tags.items():
            answer, body = await page_js(http, accepted, **{"If-None-Match": tag})
            assert answer.status == (304 if known == accepted else 200)
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert bool(body) == (known != accepted)


async def test_a_range_is_of_the_text_itself(http: Http) -> None:
    answer, body = await page_js(http, "br, gzip", Range="bytes=8-14")
    assert (answer.status, body) == (206, b"teacher")
    assert "Content-Encoding" not in answer.headers


async def test_head_tells_of_the_form_and_sends_none(http: Http) -> None:
    head = await http.client.head(
        "/assets/page.js", headers={"Accept-Encoding": "br"}, auto_decompress=False
    )
    assert head.headers["Content-Encoding"] == "br"
    assert int(head.headers["Content-Length"]) == len(FORMS["br"])


async def test_the_one_page_is_compressed_at_every_address(http: Http) -> None:
    answer = await http.client.get("/teacher", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content_type == "text/html"
    assert "the page" in await answer.text()
