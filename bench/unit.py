"""Does the server work with no more than deploy/inkcall.service leaves it, and what would be refused?

systemd's own judgement of the units (`systemd-analyze`), and then, since systemd need not run here, a server in what the unit
asks for: file systems read-only but for its data, a private /tmp, a /proc of its processes, no capability, no memory that
is both written and executed where it asks for that. A call, a photo and a backup are made in it, under `strace`: each system call must be one the unit allows.
As root, with Debian's systemd, strace and util-linux.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
UNITS = ROOT / "deploy"
UNIT = UNITS / "inkcall.service"
PORT, MEDIA_PORT = 8470, 8471
_MOST_EXPOSED = 2.0
"""systemd's score: 10 is unprotected; a server that talks to the world has 1 at the least."""
_NEEDS = ("systemd-analyze", "strace", "setpriv", "unshare")
_WITHIN_S = 90
_ROOTS_ALONE = {"fchown"}
"""SQLite gives a file beside another one's its owner, and does so as root only."""
_DENIES = "\nMemoryDenyWriteExecute=yes"
_DENY_WRITE_EXECUTE = (
    "import ctypes, os, sys;"
    "assert ctypes.CDLL(None, use_errno=True).prctl(65, 1, 0, 0, 0) == 0, 'this kernel has no PR_SET_MDWE';"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def main() -> None:
    """Print what was seen; exit with 1 when something is not as it should be."""
    missing = [name for name in _NEEDS if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        sys.exit(f"this needs root, and {', '.join(missing) or 'that is all'}")
    with tempfile.TemporaryDirectory(prefix="inkcall-unit-") as folder:
        good = [*_judged(Path(folder)), *_tried(Path(folder))]
    sys.exit(0 if all(good) else 1)


def _told(what: str, ok: bool, seen: object) -> bool:
    print(f"{'ok ' if ok else 'NOT'} {what}: {seen}")
    return ok


def _judged(folder: Path) -> Iterator[bool]:
    """Let systemd read the units, with a program where they say there is one."""
    program = folder / "inkcall"
    program.touch(mode=0o755)
    for unit in sorted(UNITS.glob("inkcall*.*")):
        text = unit.read_text().replace("/opt/inkcall/.venv/bin/inkcall", str(program))
        (folder / unit.name).write_text(text)
    for unit in sorted(folder.glob("*.service")) + sorted(folder.glob("*.timer")):
        done = subprocess.run(
            ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True
        )
        yield _told(
            f"verify {unit.name}", not done.stderr and done.returncode == 0, done.stderr or "ok"
        )
    for unit in sorted(folder.glob("*.service")):
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", str(unit)],
            capture_output=True,
            text=True,
        )
        found = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
        score = float(found[1]) if found else 10.0
        yield _told(f"exposure of {unit.name}", score <= _MOST_EXPOSED, score)


def _tried(folder: Path) -> Iterator[bool]:
    data, calls = folder / "data", folder / "calls"
    data.mkdir()
    environment = {
        **os.environ,
        "INKCALL__SERVER__DATA_DIR": str(data),
        "INKCALL__SERVER__PORT": str(PORT),
        "INKCALL__MEDIA__PORT": str(MEDIA_PORT),
        "INKCALL__RECORDER__MIN_FREE_BYTES": "0",
        "INKCALL__ROOMS__MAX_LOOP_LAG_S": "60",
    }
    with _confined(data, calls, environment) as log:
        client = [sys.executable, "-m", "bench.deployment_client", f"http://127.0.0.1:{PORT}"]
        done = subprocess.run(client, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=200)
        seen = [json.loads(line) for line in done.stdout.splitlines()]
        for one in seen:
            yield _told(one["what"], one["ok"], one["seen"])
        yield _told("the client came to its end", done.returncode == 0, done.returncode)
        backup = [sys.executable, "-m", "server.cli", "backup", str(folder / "b.tar")]
        strace = ["strace", "-f", "-qq", "-o", str(folder / "calls-backup"), "-e", "signal=none"]
        denied = [sys.executable, "-c", _DENY_WRITE_EXECUTE]
        made = subprocess.run(
            [*strace, *denied, *backup], cwd=ROOT, env=environment, capture_output=True
        )
        yield _told("a backup is made", made.returncode == 0, made.returncode)
    text = log.read_text(errors="replace")
    failures = [
        line for line in text.splitlines() if '"level": "error"' in line or "Traceback" in line
    ]
    yield _told("the server's log has no error", not failures, failures[:2] or "none")
    families = {name for file in folder.glob("calls*") for name in _families(file)}
    listed = re.findall(r"^RestrictAddressFamilies=(.+)$", UNIT.read_text(), re.M)
    unlisted = sorted(families - set(" ".join(listed).split()))
    yield _told(
        "sockets that the unit would refuse", not unlisted, unlisted or f"none of {families}"
    )
    used = {call for file in folder.glob("calls*") for call in _names(file)}
    refused = sorted(used - _allowed(UNIT) - _ROOTS_ALONE)
    yield _told(
        "system calls that the unit would refuse", not refused, refused or f"none of {len(used)}"
    )


@contextlib.contextmanager
def _confined(data: Path, calls: Path, environment: dict[str, str]) -> Iterator[Path]:
    log = data.with_suffix(".log")
    inside = " && ".join(
        (
            "mount --make-rprivate /",
            # The folder above the data: strace writes there, too.
            f"mount --bind {data.parent} {data.parent}",
            "mount -o remount,bind,ro /",
            f"mount -o remount,bind,rw {data.parent}",
            "mount -t proc -o subset=pid,hidepid=invisible proc /proc",
            'exec "$@"',
        )
    )
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
                *("sh", "-c", inside, "sh"),
                *("strace", "-f", "-qq", "-o", str(calls), "-e", "signal=none"),
                *("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"),
                *(
                    (sys.executable, "-c", _DENY_WRITE_EXECUTE)
                    if _DENIES in UNIT.read_text()
                    else ()
                ),
                *(sys.executable, "-m", "server.cli", "serve", "--demo"),
            ],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=out,
        )
    try:
        until = time.monotonic() + _WITHIN_S
        while not _answers():
            if process.poll() is not None or time.monotonic() > until:
                sys.exit(log.read_text(errors="replace")[-3000:])
            time.sleep(0.2)
        yield log
    finally:
        # Whoever is in the name space of processes dies with its first one.
        process.kill()
        process.wait()


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _names(calls: Path) -> set[str]:
    """Return the system calls of the server: what came after the program was started."""
    lines = calls.read_text(errors="replace").splitlines()
    # What is above the last start of the program is ours: mounts, and letting capabilities go.
    starts = [n for n, line in enumerate(lines) if "server.cli" in line and "execve(" in line]
    first = starts[-1] if starts else 0
    found = (re.match(r"\d+ +(\w+)\(", line) for line in lines[first:])
    return {match[1] for match in found if match is not None}


def _families(calls: Path) -> set[str]:
    return set(re.findall(r"\bsocket\((AF_\w+)", calls.read_text(errors="replace")))


def _allowed(unit: Path) -> set[str]:
    """Return what the unit's filter lets through; its groups are systemd's."""
    lines = re.findall(r"^SystemCallFilter=(~?)(.+)$", unit.read_text(), re.M)
    allowed: set[str] = set()
    for without, words in lines:
        for word in words.split():
            calls = _group(word)
            allowed = allowed - calls if without else allowed | calls
    return allowed


def _group(word: str) -> set[str]:
    if not word.startswith("@"):
        return {word}
    listed = subprocess.run(
        ["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True
    ).stdout
    calls: set[str] = set()
    for line in listed.splitlines()[1:]:
        one = line.strip()
        if one and not one.startswith("#"):
            calls |= _group(one)
    return calls


if __name__ == "__main__":
    main()
