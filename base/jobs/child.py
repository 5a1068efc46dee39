"""The child's side of a job: takes the payload, tells the progress and the result."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

TellProgress = Callable[[int, str], None]
"""Tells the progress: 0 to 100, and a text that names nobody."""


class WorkRefused(Exception):
    """The work cannot be done and another attempt would not change it; the text is a stable code."""


def serve(work: Callable[[Any, Path, TellProgress], Any]) -> None:
    """Do the work: `work(payload, folder, tell)` returns the result."""
    folder = Path(sys.argv[1])
    payload = msgspec.json.decode(sys.stdin.buffer.read())
    try:
        _say({"result": work(payload, folder, _tell)})
    except WorkRefused as refused:
        _say({"error": str(refused)})
    except Exception as error:
        _say({"reason": _reason(error)})
        raise


def _reason(error: Exception) -> str:
    """Say what went wrong without the text, which may hold paths: a full disk by its name."""
    number = error.errno if isinstance(error, OSError) else None
    return type(error).__name__ if number is None else os.strerror(number)


def _tell(progress: int, text: str) -> None:
    _say({"progress": progress, "text": text})


def _say(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()
