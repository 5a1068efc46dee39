"""The front end's files: its one page, what is kept for ever, and what is not there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from yarl import URL

from base.config import ServerConfig
from tests.fakes.http_server import Http, code, http_server


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    root = tmp_path / "dist"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><title>the page</title>")
    (root / "assets" / "index-abc123.js").write_text("1")
    (root / "icon.svg").write_text("<svg/>")
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
