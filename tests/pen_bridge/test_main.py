"""The program as a teacher runs it: pairing, writing into a session, stopping, and its sentences."""

import asyncio
import json
import os
import re
import signal
import ssl
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pen_bridge.credential import Credential, load, save
from pen_bridge.links.equation import EQUATION
from pen_bridge.links.handwriting import write
from server.http.certificates import made
from tests.fakes.pen_server import Faults, PenServer, until
from wire import codes

STROKES: dict[str, Any] = {
    "units": "mm",
    "paper": {"address": "1.1.1.9", "width": 100, "height": 50},
    "strokes": [{"start_ms": 0, "dots": [[0, 0.5, 10, 20], [10, 0.5, 11, 20], [10, 0.5, 12, 21]]}],
}


@asynccontextmanager
async def program(
    *arguments: str, state: Path | None = None, encoding: str = "utf-8"
) -> AsyncIterator[Process]:
    """Run `inkcall-pen`; it is ended with the block."""
    where = [] if state is None else ["--state", str(state)]
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    environment["PYTHONIOENCODING"] = encoding
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-m", "pen_bridge", *arguments, *where,
        stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE, env=environment,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def finished(*arguments: str, state: Path | None = None) -> tuple[int, str, str]:
    """Return exit code, output and errors of a run that ends by itself."""
    async with program(*arguments, state=state) as process:
        async with asyncio.timeout(30):
            out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


async def stopped(process: Process, number: signal.Signals) -> tuple[int, str, str]:
    """Stop it as a user does."""
    process.send_signal(number)
    async with asyncio.timeout(10):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def paired(folder: Path, port: int) -> Path:
    server = f"http://127.0.0.1:{port}"
    save(folder, Credential(server=server, pen="p1", token="secret", teacher_name="Wen Yu"))
    return folder


async def test_alone_it_explains_itself() -> None:
    code, out, err = await finished()
    assert (code, err) == (0, "")
    assert "pair" in out and "run" in out and "exit codes" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_text_is_written_into_the_session_and_the_program_stops_cleanly(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with PenServer().running() as server:
        server.session = "s_1"
        state = paired(tmp_path, server.port)
        async with program("run", "--text", "x=4", "--delay", "0", state=state) as process:
            await until(lambda: server.session in server.lessons, within_s=20)
            expected = write("x=4")
            lesson = server.lessons["s_1"]
            await until(lambda: len(lesson.ended()) == len(expected.strokes), within_s=20)
            code, out, err = await stopped(process, number)
        assert (code, err) == (0, "")
        assert re.search(r"pen of Wen Yu \| connected \| session s_1", out)
        dots = sum(len(stroke.dots) for stroke in expected.strokes)
        assert f"stopped | {dots} dots sent, 0 waiting" in out
        assert "secret" not in out
        assert server.hellos[0].pen == "p1" and server.hellos[0].token == "secret"
        assert server.statuses[-1].linked
        assert server.wrong == []
    drawn = [[(x, y) for x, y, _, _ in points] for points in lesson.ink().values()]
    assert drawn == [
        [(round(dot.x * 100), round(dot.y * 100)) for dot in stroke.dots]
        for stroke in expected.strokes
    ]


async def test_the_equation_survives_a_bad_network(tmp_path: Path) -> None:
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    faults = Faults(cut_before=0.002, cut_after=0.002)
    faults.chance.seed(seed)
    async with PenServer(faults).running() as server:
        server.session = "s_1"
        state = paired(tmp_path, server.port)
        options = ["--virtual", "equation", "--speed", "12", "--delay", "0"]
        async with program("run", *options, state=state) as process:
            expected = write(EQUATION)
            await until(lambda: "s_1" in server.lessons, within_s=20)
            lesson = server.lessons["s_1"]
            await until(lambda: len(lesson.ended()) == len(expected.strokes), within_s=60)
            code, _, err = await stopped(process, signal.SIGTERM)
        assert (code, err) == (0, "")
        assert server.wrong == []
    drawn = [[(x, y) for x, y, _, _ in points] for points in lesson.ink().values()]
    assert drawn == [
        [(round(dot.x * 100), round(dot.y * 100)) for dot in stroke.dots]
        for stroke in expected.strokes
    ]


async def test_stopping_amid_a_stroke_sends_what_was_written_and_ends_it(tmp_path: Path) -> None:
    long = {**STROKES, "strokes": [{"start_ms": 0, "dots": [[50, 0.5, 10, 20]] * 1000}]}
    file = tmp_path / "long.json"
    file.write_text(json.dumps(long))
    async with PenServer().running() as server:
        server.session = "s_1"
        state = paired(tmp_path, server.port)
        async with program("run", "--virtual", str(file), "--delay", "0", state=state) as process:
            await until(
                lambda: "s_1" in server.lessons and server.lessons["s_1"].points() > 5, within_s=20
            )
            assert server.lessons["s_1"].ended() == []
            code, out, _ = await stopped(process, signal.SIGINT)
        assert code == 0
        assert len(server.lessons["s_1"].ended()) == 1
        assert f"stopped | {server.lessons['s_1'].points()} dots sent, 0 waiting" in out


async def test_a_file_of_strokes_with_a_raw_log_and_a_token_file(tmp_path: Path) -> None:
    file, token, raw = tmp_path / "strokes.json", tmp_path / "token", tmp_path / "raw"
    file.write_text(json.dumps(STROKES))
    token.write_text("from-file\n")
    async with PenServer().running() as server:
        server.session = "s_1"
        url = f"http://127.0.0.1:{server.port}"
        options = ["--virtual", str(file), "--delay", "0", "--raw-log", str(raw)]
        options += ["--server", url, "--pen", "p7", "--token-file", str(token)]
        async with program("run", *options) as process:
            await until(lambda: server.lessons and server.lessons["s_1"].ended(), within_s=20)
            code, _, err = await stopped(process, signal.SIGTERM)
        assert (code, err) == (0, "")
        assert (server.hellos[0].token, server.hellos[0].pen) == ("from-file", "p7")
        (points,) = server.lessons["s_1"].ink().values()
        assert points == [(1000, 2000, 500, 0), (1100, 2000, 500, 10), (1200, 2100, 500, 10)]
    kept = [json.loads(bytes.fromhex(line.split("\t")[2])) for line in
            raw.read_text().splitlines()[1:]]  # fmt: skip
    assert [entry[0] for entry in kept] == [
        "PenState", "PenDown", "PaperSeen", "Dot", "Dot", "Dot", "PenUp",
    ]  # fmt: skip
    assert kept[4][1] == {"dt_ms": 10.0, "force": 0.5, "x": 11.0, "y": 20.0}


@pytest.mark.parametrize(
    ("refusal", "exit_code", "sentence"),
    [
        (codes.TOKEN_REVOKED, 4, "inkcall-pen pair"),
        (codes.TOKEN_INVALID, 4, "inkcall-pen pair"),
        (codes.REPLACED, 6, "took its place"),
        (codes.VERSION, 6, "update"),
    ],
)
async def test_a_refused_pen_says_why_in_one_sentence(
    tmp_path: Path, refusal: str, exit_code: int, sentence: str
) -> None:
    async with PenServer().running() as server:
        server.refuse = (refusal, True)
        code, _, err = await finished("run", "--text", "x", state=paired(tmp_path, server.port))
    assert code == exit_code
    assert err.count("\n") == 1 and sentence in err
    assert "Traceback" not in err


async def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path) -> None:
    state = paired(tmp_path / "paired", 1)
    junk = tmp_path / "junk.json"
    junk.write_text("{}")
    nothing = tmp_path / "nothing"
    cases: list[tuple[int, str, list[str], Path]] = [
        (4, "not paired yet", ["run", "--text", "x"], nothing),
        (4, "for another server", ["run", "--server", "http://localhost:9", "--text", "x"], state),
        (4, "not of p9", ["run", "--pen", "p9", "--text", "x"], state),
        (2, "say which pen", ["run"], state),
        (2, "cannot write", ["run", "--text", "中"], state),
        (2, "no address", ["run", "--server", "nonsense", "--text", "x"], state),
        (2, "needs --server", ["run", "--token-file", str(junk), "--text", "x"], state),
        (7, "cannot be played", ["run", "--virtual", str(junk)], state),
        (7, "cannot be read", ["run", "--virtual", str(nothing)], state),
        (7, "cannot be written", ["run", "--text", "x", "--raw-log", "/no/such/x"], state),
        (3, "cannot be reached", ["pair", "--server", "http://127.0.0.1:1"], nothing),
    ]
    for exit_code, sentence, arguments, folder in cases:
        code, _, err = await finished(*arguments, state=folder)
        assert (code, err.count("\n")) == (exit_code, 1), (arguments, err)
        assert sentence in err
        assert err.startswith("inkcall-pen: ")
    code, _, err = await finished("run", "--speed", "0", "--text", "x")
    assert code == 2 and "is no number from" in err


async def test_nobody_reading_and_a_poor_console_do_not_stop_the_pen(tmp_path: Path) -> None:
    async with PenServer().running() as server:
        server.teacher_name = "文玉"
        state = paired(tmp_path, server.port)
        options = ["--text", "x", "--delay", "0"]
        async with program("run", *options, state=state, encoding="ascii") as process:
            assert process.stdout is not None
            async with asyncio.timeout(20):
                while b"pen of ??" not in await process.stdout.readline():
                    pass
            # As `| head` does.
            process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
            await server.enter("s_1")
            await until(lambda: len(server.lessons["s_1"].ended()) == 2, within_s=20)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                assert process.stderr is not None
                assert b"Traceback" not in await process.stderr.read()


class Pairing:
    """The pairing half of a server: confirmed once `confirmed` is set."""

    def __init__(self) -> None:
        self.confirmed = False
        self.refused = False
        self.pens: list[str] = []

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/api/pens/pairings", self._begin)
        app.router.add_post("/api/pens/pairings/token", self._token)
        server = TestServer(app)
        await server.start_server(ssl=tls)
        async with server:
            yield str(server.make_url("")).rstrip("/")

    async def _begin(self, request: web.Request) -> web.Response:
        self.pens.append((await request.json())["pen"])
        return web.json_response(
            {"device_code": "d", "user_code": "BCDF-GHJK", "expires_in": 600, "interval": 0.05}
        )

    async def _token(self, request: web.Request) -> web.Response:
        if self.confirmed:
            return web.json_response({"token": "new-secret", "teacher_name": "Wen Yu"})
        code = "access_denied" if self.refused else "authorization_pending"
        return web.json_response({"error": {"code": code, "text": ""}}, status=400)


async def shown_code(process: Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while not (
            found := re.search(r"[A-Z]{4}-[A-Z]{4}", (await process.stdout.readline()).decode())
        ):
            pass
    return found[0]


async def test_pairing_shows_the_code_and_keeps_the_credential(tmp_path: Path) -> None:
    pairing = Pairing()
    async with pairing.running() as url:
        for _ in range(2):
            pairing.confirmed = False
            async with program("pair", "--server", url, state=tmp_path) as process:
                assert await shown_code(process) == "BCDF-GHJK"
                pairing.confirmed = True
                async with asyncio.timeout(20):
                    out, err = await process.communicate()
            assert process.returncode == 0 and err == b""
            assert b"Paired with Wen Yu" in out and b"new-secret" not in out
    kept = load(tmp_path)
    assert kept is not None
    assert (kept.server, kept.token) == (url, "new-secret")
    # Paired again, it is still the same pen.
    assert pairing.pens == [kept.pen, kept.pen]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_pairing_can_be_given_up(tmp_path: Path, number: signal.Signals) -> None:
    async with (
        Pairing().running() as url,
        program("pair", "--server", url, state=tmp_path) as process,
    ):
        await shown_code(process)
        code, _, err = await stopped(process, number)
    assert (code, err) == (0, "")
    assert load(tmp_path) is None


async def test_a_refused_pairing_says_so(tmp_path: Path) -> None:
    pairing = Pairing()
    pairing.refused = True
    async with pairing.running() as url:
        code, _, err = await finished("pair", "--server", url, state=tmp_path)
    assert code == 5
    assert "refused" in err and err.count("\n") == 1


async def test_a_server_that_made_its_own_certificate_is_trusted_by_a_file_once(
    tmp_path: Path,
) -> None:
    certificate = made(tmp_path / "tls", ["127.0.0.1"], datetime.now(UTC))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    ca = str(certificate.parent / "ca.crt")
    state = tmp_path / "state"

    pairing = Pairing()
    pairing.confirmed = True
    async with pairing.running(tls) as url:
        code, _, err = await finished("pair", "--server", url, state=state)
        assert (code, err.count("\n")) == (3, 1)
        assert "is not trusted" in err and "--ca" in err
        code, _, err = await finished("pair", "--server", url, "--ca", ca, state=state)
        assert (code, err) == (0, "")
    kept = load(state)
    assert kept is not None
    assert kept.ca == Path(ca).read_text()

    pens = PenServer()
    async with pens.running(tls):
        # From the pairing alone: the file may be gone by then.
        there = msgspec.structs.replace(kept, server=f"https://127.0.0.1:{pens.port}")
        save(state, there)
        async with program("run", "--text", "x", state=state) as process:
            await until(lambda: pens.connections == 1)
            await stopped(process, signal.SIGTERM)
        save(state, msgspec.structs.replace(there, ca=""))
        async with program("run", "--text", "x", state=state) as process:
            assert process.stdout is not None
            async with asyncio.timeout(20):
                await process.stdout.readuntil(b"is not trusted")
        assert pens.connections == 0


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----\nx\n"])
async def test_a_file_to_trust_that_is_none_is_one_sentence(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "ca.crt"
    if content is not None:
        file.write_bytes(content)
    code, _, err = await finished("pair", "--server", "https://127.0.0.1:1", "--ca", str(file))
    assert code == 7
    assert re.fullmatch(r"inkcall-pen: .*ca\.crt (cannot be read|holds no certificate).*\n", err)
