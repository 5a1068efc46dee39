"""One attempt at a job: its program, listened to line by line until it ends."""

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Any

import msgspec

from base.jobs.model import JobKind
from base.programs import program

_LINE_BYTES = 1024 * 1024
_TEXT = 200


class AttemptFailed(Exception):
    """The attempt came to nothing; `permanent` if another would not change that. The text is kept."""

    def __init__(self, text: str, *, permanent: bool = False) -> None:
        super().__init__(text[:_TEXT])
        self.permanent = permanent


class Progress:
    """How far an attempt is: 0 to 100, and a text."""

    def __init__(self) -> None:
        self.percent = 0
        self.text = ""

    def take(self, percent: int | float, text: str) -> None:
        """Take what the program said; it never gets less or leaves 0 to 100."""
        self.percent = max(self.percent, min(100, round(percent)))
        self.text = text[:_TEXT]


class _Line(msgspec.Struct, kw_only=True):
    progress: int | float | None = None
    text: str = ""
    result: Any = msgspec.UNSET
    error: str | None = None
    reason: str | None = None
    """Why it ends with a status: another attempt may do better."""


async def attempt(kind: JobKind, payload: bytes, folder: Path, progress: Progress) -> Any:
    """Run the program of a kind and return its result; raises `AttemptFailed`.

    When the caller is cancelled the program is killed and waited for.
    """
    ours, theirs = os.pipe()
    try:
        async with program(
            *("base.jobs", kind.run, str(folder), str(ours)),
            line_bytes=_LINE_BYTES,
            pass_fds=(ours,),
            own_group=True,
        ) as process:
            async with asyncio.timeout(kind.timeout_s):
                last = await _listen(process, payload, progress)
                status = await process.wait()
    except TimeoutError:
        raise AttemptFailed(f"took longer than {kind.timeout_s:g} s") from None
    finally:
        os.close(ours)
        os.close(theirs)
    if status != 0:
        raise AttemptFailed(last.reason or f"ended with status {status}")
    if last.error is not None:
        raise AttemptFailed(last.error, permanent=True)
    if last.result is msgspec.UNSET:
        raise AttemptFailed("ended without a result")
    return last.result


async def _listen(process: asyncio.subprocess.Process, payload: bytes, progress: Progress) -> _Line:
    assert process.stdin is not None
    assert process.stdout is not None
    # A program that ends without having read everything says so by its exit status.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(payload)
        await process.stdin.drain()
    process.stdin.close()
    last = _Line()
    try:
        while text := await process.stdout.readline():
            try:
                line = msgspec.json.decode(text, type=_Line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                # A library that prints: not ours to read.
                continue
            if line.progress is not None:
                progress.take(line.progress, line.text)
            else:
                last = line
    except ValueError:
        raise AttemptFailed(f"said a line of more than {_LINE_BYTES} bytes") from None
    return last
