"""One port for TLS and for those who come without it: shown the way, or kept from saying more."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from server.app import Server
from server.http import listening
from tests.fakes.in_process import quick_server


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(listening, "_WITHIN_S", 0.2)
    monkeypatch.setattr(listening, "_AT_THE_DOOR", 2)
    yield


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with quick_server(tmp_path, tls={"self_made": True}) as server:
        yield server


@pytest.fixture
def trusting(server: Server, tmp_path: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(tmp_path / "data/tls/ca.crt"))


async def test_a_browser_that_comes_without_is_shown_the_way(
    server: Server, trusting: ssl.SSLContext
) -> None:
    plain = server.url.replace("https:", "http:")
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{plain}/replay/s_1?at=5", allow_redirects=False) as answer:
            assert answer.status == 307
            assert answer.headers["Location"] == f"{server.url}/replay/s_1?at=5"
            assert answer.headers["Cache-Control"] == "no-store"
        async with http.get(f"{plain}/healthz", ssl=trusting) as answer:
            assert (answer.status, answer.url.scheme) == (200, "https")


async def test_a_password_that_was_sent_in_the_clear_is_not_taken(server: Server) -> None:
    plain = server.url.replace("https:", "http:")
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{plain}/api/sign-in", json={}, allow_redirects=False) as answer,
    ):
        assert answer.status == 400
        assert "https only" in (await answer.json())["error"]["text"]


@pytest.mark.parametrize("host", ["", "Host: a/b@evil\r\n"])
async def test_a_host_that_is_none_leads_nowhere(server: Server, host: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"GET / HTTP/1.1\r\n{host}Connection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    assert b" 400 " in answer.splitlines()[0]
    assert b"Location" not in answer
    writer.close()


async def test_who_says_nothing_or_half_a_handshake_does_not_keep_others_out(
    short: None, server: Server, trusting: ssl.SSLContext
) -> None:
    silent = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(3)]
    half = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(3)]
    for _, writer in half:
        writer.write(b"\x16\x03\x01\x02\x00\x01")
    gone = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(3)]
    for _, writer in gone:
        writer.close()
    async with asyncio.timeout(20), aiohttp.ClientSession() as http:
        async with http.get(f"{server.url}/healthz", ssl=trusting) as answer:
            assert answer.status == 200
        for reader, writer in (*silent, *half):
            assert await _ended(reader)
            writer.close()


async def _ended(reader: asyncio.StreamReader) -> bool:
    """Wait until the server has let go of a connection."""
    try:
        return await reader.read() is not None
    except ConnectionError:
        return True
