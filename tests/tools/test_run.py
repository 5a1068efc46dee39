"""`make run` as its user sees it: an address and what to click, Ctrl-C, and sentences for trouble."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.http.addresses import network_address
from tests.fakes.processes import free_port
from tools.machine import ROOT

WITHIN_S = 60.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "INKCALL__SERVER__PORT": str(free_port()),
        "INKCALL__SERVER__DATA_DIR": str(tmp_path / "data"),
        "INKCALL__MEDIA__PORT": str(free_port(socket.SOCK_DGRAM)),
        "INKCALL__RECORDER__MIN_FREE_BYTES": "0",
    }


def run(environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tools.run", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def running(
    environment: dict[str, str], request: pytest.FixtureRequest
) -> Iterator["subprocess.Popen[str]"]:
    """Everything up, its first words read. Its parameter is an argument of the command line."""
    process = run(environment, *([request.param] if hasattr(request, "param") else []))
    assert process.stdout is not None
    words = ""
    while "logs:" not in words:
        line = process.stdout.readline()
        assert line, (words, process.communicate())
        words += line
    process.words = words  # type: ignore[attr-defined]
    yield process
    if process.poll() is None:
        # Not the hard way: it has two programs to take along.
        process.terminate()
        process.communicate(timeout=WITHIN_S)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_it_says_where_and_as_whom_in_both_languages(
    running: "subprocess.Popen[str]", environment: dict[str, str]
) -> None:
    words = running.words  # type: ignore[attr-defined]
    assert f"http://127.0.0.1:{environment['INKCALL__SERVER__PORT']}" in words
    for needed in ("student1", "teacher1", "auditor1", "inkcall-demo", "登录", "Sign in"):
        assert needed in words


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_cleanly_with_both_its_programs(
    running: "subprocess.Popen[str]", number: signal.Signals
) -> None:
    started = children(running.pid)
    assert len(started) == 2
    running.send_signal(number)
    _, errors = running.communicate(timeout=WITHIN_S)

    assert running.returncode == 0
    assert errors == ""
    assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []


def test_when_the_server_dies_it_says_so_and_takes_the_pen_along(
    running: "subprocess.Popen[str]",
) -> None:
    server, pen = children(running.pid)
    os.kill(server, signal.SIGKILL)
    _, errors = running.communicate(timeout=WITHIN_S)

    assert running.returncode == 2
    assert re.fullmatch(r"inkcall: inkcall has stopped; its log is .*server\.log\.\n", errors)
    assert not Path(f"/proc/{pen}").exists()


@pytest.mark.parametrize(
    ("kind", "key", "protocol"),
    [
        (socket.SOCK_STREAM, "INKCALL__SERVER__PORT", "TCP"),
        (socket.SOCK_DGRAM, "INKCALL__MEDIA__PORT", "UDP"),
    ],
)
def test_a_busy_port_is_one_sentence_that_says_what_to_do(
    environment: dict[str, str], kind: socket.SocketKind, key: str, protocol: str
) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        begun = time.monotonic()
        process = run({**environment, key: str(port)})
        output, errors = process.communicate(timeout=WITHIN_S)

    assert process.returncode == 2
    assert output == ""
    assert errors.startswith(f"inkcall: {protocol} port {port} is in use:")
    assert f"`{key}=" in errors
    assert errors.count("\n") == 1
    assert time.monotonic() - begun < WITHIN_S / 2


def test_a_wrong_setting_is_one_sentence(environment: dict[str, str]) -> None:
    process = run({**environment, "INKCALL__SERVER__PROT": "1"})
    _, errors = process.communicate(timeout=WITHIN_S)

    assert process.returncode == 2
    assert re.fullmatch(r"inkcall: the settings are wrong: INKCALL__SERVER__PROT: .*\n", errors)


@pytest.mark.parametrize("running", ["--lan"], indirect=True)
def test_for_phones_it_is_https_on_the_network_and_the_pen_still_writes(
    running: "subprocess.Popen[str]", environment: dict[str, str]
) -> None:
    address = network_address()
    assert address is not None
    port = environment["INKCALL__SERVER__PORT"]
    words = running.words  # type: ignore[attr-defined]
    assert f"https://127.0.0.1:{port}" in words
    assert f"https://{address}:{port}\n" in words
    assert f"https://{address}:{port}/inkcall-ca.crt" in words
    assert "█▄▄▄▄▄▄▄█" in words
    for needed in ("证书信任设置", "Certificate Trust Settings", "SHA-256", "防火墙", "firewall"):
        assert needed in words

    folder = Path(environment["INKCALL__SERVER__DATA_DIR"])
    trusting = ssl.create_default_context(cafile=str(folder / "tls/ca.crt"))
    without_proxy = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting)
    )
    deadline = time.monotonic() + WITHIN_S
    text = ""
    while 'inkcall_sockets{kind="pen"} 1.0' not in text:
        assert time.monotonic() < deadline, (folder / "logs/pen.log").read_text()
        with without_proxy.open(f"https://{address}:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, pytest.raises(OSError):
        probe.bind((address, int(environment["INKCALL__MEDIA__PORT"])))


@pytest.mark.parametrize(
    ("said", "given"),
    [
        ([], ""),
        (["LAN=0"], ""),
        (["LAN=1"], "--lan"),
        (["LAN=192.168.1.5"], "--lan 192.168.1.5"),
    ],
)
def test_make_hands_it_on(said: list[str], given: str) -> None:
    words = ["make", "--dry-run", "run", *said]
    # The tests themselves may have been started by make, which hands its words on.
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MAKE", "MFLAGS", "LAN"))
    }
    done = subprocess.run(words, cwd=ROOT, env=clean, capture_output=True, text=True, check=True)
    last = done.stdout.splitlines()[-1]
    assert last.partition("-m tools.run")[2].strip() == given


def test_without_a_network_for_phones_it_is_one_sentence(environment: dict[str, str]) -> None:
    root = [] if os.geteuid() == 0 else ["--map-root-user"]
    alone = ["unshare", *root, "--net", sys.executable, "-m", "tools.run", "--lan"]
    done = subprocess.run(alone, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert re.fullmatch(
        r"inkcall: this machine has no IPv4 address in a network: .*\n", done.stderr
    )
