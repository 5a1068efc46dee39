"""The program of the jobs of tests: does what its payload says."""

import errno
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from base.jobs.child import TellProgress, WorkRefused, serve

PIECES = 200


def whole(name: str) -> bytes:
    """Return what a job that writes must have written."""
    return b"".join(f"{name} {number}\n".encode() for number in range(PIECES))


def work(payload: Any, folder: Path, tell: TellProgress) -> Any:
    match payload:
        case {"write": str(name)}:
            tell(1, "writing")
            with (folder / "out").open("wb") as file:
                for number in range(PIECES):
                    file.write(f"{name} {number}\n".encode())
            return {"wrote": name, "nice": os.nice(0)}
        case {"hang": str(pid_file)}:
            put(Path(pid_file), str(os.getpid()))
            tell(50, "hanging")
            signal.pause()
        case {"meet": str(log), "others": int(others)}:
            return meet(Path(log), others)
        case {"refuse": str(code)}:
            raise WorkRefused(code)
        case {"die": int(number)}:
            os.kill(os.getpid(), number)
        case {"chatter": int(size)}:
            print("a library greets", flush=True)
            print("x" * size, flush=True)
            tell(250, "t" * 1000)
            return size
        case {"full": _}:
            raise OSError(errno.ENOSPC, "of 林小雨", str(folder))
        case {"silent": True}:
            sys.exit(0)
    raise ValueError


def put(path: Path, text: str) -> None:
    """Write a file that appears whole."""
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)


def meet(log: Path, others: int) -> int:
    """Note that this program runs, wait until so many did, and note that it ends."""
    with log.open("a", buffering=1) as file:
        file.write("+\n")
        while log.read_text().count("+") < others:
            time.sleep(0.01)
        file.write("-\n")
    return os.getpid()


if __name__ == "__main__":
    serve(work)
