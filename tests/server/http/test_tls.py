"""HTTPS by a real server: clients that trust the made certificate get in, and it can be changed."""

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from base.part import StartError
from server.app import serving
from server.http import tls as tls_part
from server.http.certificates import CertificateError, made
from server.http.tls import TlsService
from tests.fakes.clock import FakeClock
from tests.fakes.in_process import quick_config, quick_server
from tests.fakes.wire_client import client

MADE = {"self_made": True, "names": ["tutor.example"]}


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "data" / "tls" / "ca.crt"))


async def test_pages_sign_in_and_sockets_go_over_it_for_who_trusts_it(tmp_path: Path) -> None:
    async with quick_server(tmp_path, tls=MADE) as server:
        assert server.url.startswith("https://127.0.0.1:")
        connector = aiohttp.TCPConnector(ssl=trusting(tmp_path))
        async with aiohttp.ClientSession(server.url, connector=connector) as http:
            who = {"login": "teacher1", "password": "inkcall-demo"}
            async with http.post("/api/sign-in", json=who) as answer:
                assert answer.status == 200
                cookie = answer.headers["Set-Cookie"]
                # One click through a warning must not lock a browser out of plain HTTP for a year.
                assert "Strict-Transport-Security" not in answer.headers
            assert "Secure" in cookie
            async with http.get("/inkcall-ca.crt") as answer:
                assert answer.content_type == "application/x-x509-ca-cert"
                trusted = await answer.read()
            async with http.ws_connect("/ws/lobby") as socket:
                await socket.send_bytes(b"junk")
                closed = await socket.receive(timeout=10)
                assert closed.type is aiohttp.WSMsgType.BINARY
        assert trusted == (tmp_path / "data/tls/ca.crt").read_bytes()
        assert b"PRIVATE" not in trusted


async def test_who_does_not_trust_it_stays_out_and_harms_nobody(tmp_path: Path) -> None:
    everywhere = quick_server(tmp_path, server={"host": "0.0.0.0"}, tls=MADE)
    async with everywhere as server, aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await http.get(server.url)
        wrong_name = server.url.replace("127.0.0.1", "127.0.0.2")
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await http.get(wrong_name, ssl=trusting(tmp_path))
        async with http.get(f"{server.url}/healthz", ssl=trusting(tmp_path)) as answer:
            assert answer.status == 200


async def test_without_it_in_the_settings_all_is_as_before(tmp_path: Path) -> None:
    async with quick_server(tmp_path) as server, client(server.url) as http:
        assert server.url.startswith("http://")
        async with http.http.get(f"{server.url}/inkcall-ca.crt") as answer:
            assert answer.status == 404
    assert not (tmp_path / "data" / "tls").exists()


async def test_ones_own_certificate_is_served_and_its_successor_without_a_restart(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    first = made(tmp_path / "first", ["127.0.0.1"], now)
    second = made(tmp_path / "second", ["127.0.0.1"], now)
    file = tmp_path / "own.pem"
    file.write_bytes(first.read_bytes())
    config = quick_config(tmp_path, tls={"certificate": str(file), "key": str(file)})
    tls = TlsService(config, FakeClock(unix_ms=int(now.timestamp() * 1000)))
    assert not tls.refresh()
    before = tls.context
    file.write_bytes(b"half written")
    with pytest.raises(CertificateError):
        tls.refresh()
    assert tls.context is before
    file.write_bytes(second.read_bytes())
    assert tls.refresh()

    async with serving(config) as server, aiohttp.ClientSession() as http:
        async with http.get(f"{server.url}/healthz", ssl=_only(second)) as answer:
            assert answer.status == 200
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await http.get(f"{server.url}/healthz", ssl=_only(first))


def _only(file: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(file.parent / "ca.crt"))


@pytest.mark.parametrize("what", ["missing", "expired", "mismatch"])
async def test_a_certificate_that_cannot_be_used_is_one_sentence_at_the_start(
    tmp_path: Path, what: str
) -> None:
    now = datetime.now(UTC)
    file = made(
        tmp_path / "own", ["localhost"], now.replace(year=now.year - (what == "expired") * 2)
    )
    key = made(tmp_path / "other", ["localhost"], now) if what == "mismatch" else file
    certificate = tmp_path / "nothing.pem" if what == "missing" else file
    config = quick_config(tmp_path, tls={"certificate": str(certificate), "key": str(key)})
    with pytest.raises(StartError, match=r"tls\.(certificate|key): .*\.$") as caught:
        async with serving(config):
            pass
    assert "\n" not in str(caught.value)


async def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    config = quick_config(tmp_path, tls=MADE)
    config.data_dir.mkdir()
    (config.data_dir / "tls").write_text("a file where a folder should be")
    with pytest.raises(StartError, match="cannot be used for the certificate"):
        async with serving(config):
            pass


async def test_a_running_server_takes_the_successor_and_keeps_who_is_connected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_part, "_LOOK_EVERY_S", 0.02)
    now = datetime.now(UTC)
    first = made(tmp_path / "first", ["127.0.0.1"], now)
    second = made(tmp_path / "second", ["127.0.0.1"], now)
    file = tmp_path / "own.pem"
    file.write_bytes(first.read_bytes())
    own = {"certificate": str(file), "key": str(file)}
    async with (
        quick_server(tmp_path, tls=own) as server,
        aiohttp.ClientSession(server.url) as kept,
        asyncio.timeout(30),
        kept.ws_connect("/ws/lobby", ssl=_only(first)) as socket,
    ):
        file.write_bytes(b"half written")
        new = tmp_path / "new.pem"
        new.write_bytes(second.read_bytes())
        new.replace(file)
        while True:
            async with aiohttp.ClientSession() as http:
                try:
                    async with http.get(f"{server.url}/healthz", ssl=_only(second)) as answer:
                        assert answer.status == 200
                        break
                except aiohttp.ClientConnectorCertificateError:
                    await asyncio.sleep(0.01)
        await socket.send_bytes(b"junk")
        assert (await socket.receive()).type is aiohttp.WSMsgType.BINARY


def test_it_warns_once_a_day_before_ones_own_runs_out(tmp_path: Path) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    file = made(tmp_path / "own", ["127.0.0.1"], start)
    clock = FakeClock(unix_ms=int(start.timestamp() * 1000))
    tls = TlsService(
        quick_config(tmp_path, tls={"certificate": str(file), "key": str(file)}), clock
    )

    def warnings() -> int:
        with capture_logs() as logs:
            tls.refresh()
        return [line["event"] for line in logs].count("certificate_runs_out")

    assert warnings() == 0
    clock.advance(352.5 * 86_400)
    assert [warnings(), warnings()] == [1, 0]
    clock.advance(86_400)
    assert [warnings(), warnings()] == [1, 0]
