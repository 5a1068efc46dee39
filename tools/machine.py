"""The machine the tools run on: commands, hashes, stamps and Debian packages. Stdlib only."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "data/logs"


class Trouble(Exception):
    """Something the person at the keyboard must do; the text is one sentence that says what."""


def told(main: Callable[[], int]) -> int:
    """Run `main`; a `Trouble` becomes its one sentence and the exit code 2."""
    try:
        return main()
    except Trouble as trouble:
        print(f"inkcall: {trouble}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def run_logged(
    command: list[str],
    log: str,
    failed: str,
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a command with its output in `data/logs/<log>`; raise `Trouble(failed)` when it fails."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / log
    with path.open("wb") as output:
        code = subprocess.run(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ).returncode
    if code != 0:
        raise Trouble(f"{failed} (what it said is in {shown(path)}).")


def shown(path: Path) -> str:
    """Return a path as one would type it here."""
    full = ROOT / path
    return str(full.relative_to(ROOT)) if full.is_relative_to(ROOT) else str(full)


def hash_of(parts: Iterable[Path | str]) -> str:
    """Return one hash over the names and contents of files, and over plain strings."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            digest.update(part.encode() + b"\0")
        else:
            digest.update(f"{part.relative_to(ROOT)}\0".encode())
            digest.update(hashlib.sha256(part.read_bytes()).digest())
    return digest.hexdigest()


def files_below(folder: Path, *, without: Iterable[str] = ()) -> list[Path]:
    """Return all files below a folder, sorted, leaving out top-level entries named in `without`."""
    left_out = set(without)
    found: list[Path] = []
    for entry in sorted(folder.iterdir()):
        if entry.name in left_out:
            continue
        if entry.is_dir():
            found += [path for path in sorted(entry.rglob("*")) if path.is_file()]
        else:
            found.append(entry)
    return found


def is_stamped(stamp: Path, value: str) -> bool:
    """Tell whether a step was done for exactly this input before."""
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == value


def put_stamp(stamp: Path, value: str) -> None:
    """Note that a step was done for this input."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value, encoding="utf-8")


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs (Debian keeps them off the PATH), or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if found:
        return max(found, key=lambda folder: int(folder.parent.name.partition(".")[0]))
    program = shutil.which("postgres")
    return Path(program).resolve().parent if program else None


def install_packages(packages: list[str]) -> None:
    """Install Debian packages; raise `Trouble` with the command to type where we may not."""
    wanted = " ".join(packages)
    by_hand = f"type `sudo apt-get install {wanted}` and try again"
    if shutil.which("apt-get") is None:
        raise Trouble(f"please install what Debian calls {wanted}, then try again.")
    prefix = _root_prefix()
    if prefix is None:
        raise Trouble(f"{wanted} is missing: {by_hand}.")
    print(f"· apt-get install {wanted}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    # A fresh machine has no package lists; on others a failing update need not matter.
    with (_log("apt-update.log")).open("wb") as output:
        subprocess.run([*apt, "update"], env=environment, stdout=output, stderr=output)
    run_logged(
        [*apt, "install", "--no-install-recommends", *packages],
        "apt-install.log",
        f"apt-get could not install {wanted}: see that the package mirror is reachable, or {by_hand}",
        env=environment,
    )


def _log(name: str) -> Path:
    LOGS.mkdir(parents=True, exist_ok=True)
    return LOGS / name


def _root_prefix() -> list[str] | None:
    """Return what to put before a command so that root runs it, or None when we may not."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    if sys.stdin.isatty():
        return ["sudo"]
    allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    return ["sudo", "-n"] if allowed else None
