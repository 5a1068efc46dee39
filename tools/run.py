"""`make run`: the server with its demo people and a virtual pen, until Ctrl-C; with LAN=1, for phones too."""

import argparse
import atexit
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import FrameType

from base.config import Config, ConfigError, load_config
from tools.machine import ROOT, Trouble, shown, told

START_WITHIN_S = 30.0
STOP_WITHIN_S = 10.0


def main() -> int:
    """Run both programs; return 0 after Ctrl-C, raise `Trouble` when one ends by itself."""
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument(
        "--lan", nargs="?", const="", metavar="ADDRESS", help="for phones in the same network"
    )
    lan = parser.parse_args().lan
    os.chdir(ROOT)
    config = settings()
    address_of_phones = ""
    if lan is not None:
        from tools.lan import phone_host, settings_for_all

        address_of_phones = phone_host(config, lan)
        os.environ.update(settings_for_all(config, address_of_phones))
        config = settings()
    url = address(config)
    see_that_ports_are_free(config)
    stopping = Stopping()
    logs = config.data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    server_log, pen_log = logs / "server.log", logs / "pen.log"
    server = start(["-m", "server.cli", "serve", "--demo"], server_log)
    # Takes a second, since it brings the whole server with it: meanwhile that comes up.
    from server import demo
    from tools.lan import pen_way, welcome as welcome_phones

    pen: subprocess.Popen[bytes] | None = None
    try:
        if not wait_until_well(url, server, server_log, stopping):
            return 0
        token = config.data_dir / demo.PEN_FILE
        pen_server, trusted = pen_way(config, url)
        pen = start(
            [
                *("-m", "pen_bridge", "run", "--virtual", "equation", "--pen", demo.PEN),
                *("--server", pen_server, "--token-file", str(token)),
                *(("--ca", str(trusted)) if trusted is not None else ()),
            ],
            pen_log,
        )
        phones = ""
        if address_of_phones:
            phones = welcome_phones(config, address_of_phones, coloured=sys.stdout.isatty())
        print(welcome(url, demo.PASSWORD, logs, phones), flush=True)
        watch(server, server_log, pen, pen_log, stopping)
    finally:
        for process in (pen, server):
            if process is not None:
                stop(process)
    print("stopped · 已停止")
    return 0


def settings() -> Config:
    """Return the settings the server will find, too."""
    from server.app import SECTIONS

    file = ROOT / "config.yaml"
    try:
        return load_config(file if file.is_file() else None, os.environ, SECTIONS)
    except ConfigError as error:
        raise Trouble(f"the settings are wrong: {error}") from None


def address(config: Config) -> str:
    """Return the address to type into a browser on this machine."""
    from server.http.tls_config import TlsConfig

    host = config.server.host
    scheme = "https" if config.of(TlsConfig).on else "http"
    return f"{scheme}://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{config.server.port}"


def see_that_ports_are_free(config: Config) -> None:
    """Raise `Trouble` when a port is taken: else whoever has it would be asked whether *we* are well."""
    from server.media.config import MediaSection

    media = config.of(MediaSection)
    for kind, protocol, section, host, port in (
        (socket.SOCK_STREAM, "TCP", "server", config.server.host, config.server.port),
        (socket.SOCK_DGRAM, "UDP", "media", media.host, media.port),
    ):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                key = f"INKCALL__{section.upper()}__PORT"
                raise Trouble(
                    f"{protocol} port {port} is in use: stop what uses it (another `make run`?), "
                    f"or choose another with `{key}={port + 10} make run`."
                ) from None


def start(arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start one of our programs, out of reach of the terminal's own Ctrl-C."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
        )


def wait_until_well(
    url: str, server: subprocess.Popen[bytes], log: Path, stopping: "Stopping"
) -> bool:
    """Wait for /healthz; false when told to stop before, `Trouble` when the server gives up."""
    deadline = time.monotonic() + START_WITHIN_S
    while not stopping.asked:
        if server.poll() is not None:
            raise Trouble(last_words(log, "inkcall: "))
        if answers(url):
            return True
        if time.monotonic() > deadline:
            raise Trouble(f"the server did not come up; its log is {shown(log)}.")
        time.sleep(0.05)
    return False


def answers(url: str) -> bool:
    """Tell whether the server at `url` is well."""
    # Without any proxy of the environment: the server is on this machine.
    # It is our own process that is asked: its certificate need not be for this address.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    try:
        with opener.open(f"{url}/healthz", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def watch(
    server: subprocess.Popen[bytes],
    server_log: Path,
    pen: subprocess.Popen[bytes],
    pen_log: Path,
    stopping: "Stopping",
) -> None:
    """Return when told to stop; raise `Trouble` when the server ends by itself."""
    pen_told = False
    while not stopping.asked:
        if server.poll() is not None:
            raise Trouble(last_words(server_log, "inkcall: "))
        if pen.poll() is not None and not pen_told:
            # Calls go on without it.
            print(f"inkcall: {last_words(pen_log, 'inkcall-pen: ')}", file=sys.stderr)
            pen_told = True
        time.sleep(0.2)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C for one program, and the hard way if that is not heard."""
    if process.poll() is not None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def last_words(log: Path, prefix: str) -> str:
    """Return the sentence a program of ours ended with, or where its log is."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    for line in reversed(lines):
        if line.startswith(prefix):
            return line.removeprefix(prefix)
    return f"{prefix.strip(': ')} has stopped; its log is {shown(log)}."


def welcome(url: str, password: str, logs: Path, phones: str = "") -> str:
    """Return what to show when everything runs."""
    return f"""
  Inkcall  {url}    (Ctrl-C stops it · 按 Ctrl-C 停止)

  密码都是 {password}：学生 student1、student2；老师 teacher1、teacher2；督导 auditor1
  1. 两个浏览器窗口分别以 teacher1 和 student1 登录。
  2. 老师打开"在线"开关；学生点老师的卡片"呼叫"；老师点"接听"。
  3. 说话；演示用的虚拟点阵笔会自己在纸上写字，学生立刻看到。结束后以 auditor1 登录看回放。

  Every password is {password}: students student1, student2; teachers teacher1, teacher2; auditor auditor1
  1. Sign in as teacher1 in one browser window and as student1 in another.
  2. The teacher goes online; the student calls them; they accept.
  3. Talk. A virtual pen writes by itself and the student sees it. Then replay it as auditor1.
{phones}
  logs: {shown(logs)}
"""


class Stopping:
    """True in `asked` once Ctrl-C, SIGTERM or a closed terminal told us to stop."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def alone_in_the_terminal() -> None:
    """Take the terminal from `make`, which answers a Ctrl-C by failing whatever we return."""
    if not sys.stdin.isatty() or os.tcgetpgrp(0) != os.getpgrp() or os.getpgrp() == os.getpid():
        return
    before = os.getpgrp()
    # Giving the terminal away or taking it back from the background would stop us.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    # The shell behind `make` gets it back, whichever way we end.
    atexit.register(os.tcsetpgrp, 0, before)


if __name__ == "__main__":
    alone_in_the_terminal()
    sys.exit(told(main))
