"""Runs one of our own modules as a program, off the process that must never be late."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
"""Where `python -m` finds our packages when they are not installed."""


class ProgramFailed(Exception):
    """The program took too long or ended badly; the text says which, nothing of its output."""


_PIECE = 256 * 1024
"""Written to the program at a time: a large file at once would be copied in one go by the loop."""
_OUTPUT_BYTES = 32 * 1024 * 1024


@contextlib.asynccontextmanager
async def program(
    module: str,
    *arguments: str,
    line_bytes: int = 64 * 1024,
    pass_fds: tuple[int, ...] = (),
    own_group: bool = False,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m module` for the time of the block, with pipes for its input and output.

    It is killed and waited for at the end of the block; with `own_group`, so is what it started.
    A line of its output that is read as one may have `line_bytes`.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=_ROOT,
        limit=line_bytes,
        pass_fds=pass_fds,
        start_new_session=own_group,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                if own_group:
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()
            await asyncio.shield(process.wait())


async def run_module(
    module: str, *arguments: str, data: bytes | bytearray = b"", timeout_s: float
) -> bytes:
    """Run `python -m module` with `data` as its input; return its output, at most 32 MiB.

    Raises `ProgramFailed`. When the caller is cancelled or time is up, the program is killed and
    waited for: none outlives its caller.
    """
    async with program(module, *arguments) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(timeout_s), asyncio.TaskGroup() as group:
                group.create_task(_feed(process.stdin, data))
                output = group.create_task(_take(process.stdout))
                group.create_task(_end(process))
        except TimeoutError:
            raise ProgramFailed(f"{module} took longer than {timeout_s:g} s") from None
    if process.returncode != 0:
        raise ProgramFailed(f"{module} ended with status {process.returncode}")
    taken = output.result()
    if taken is None:
        raise ProgramFailed(f"{module} said more than {_OUTPUT_BYTES} bytes")
    return taken


async def _feed(stdin: asyncio.StreamWriter, data: bytes | bytearray) -> None:
    view = memoryview(data)
    # A program that ends without having read everything says so by its exit status.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for start in range(0, len(view), _PIECE):
            stdin.write(view[start : start + _PIECE])
            await stdin.drain()
    stdin.close()


async def _take(stdout: asyncio.StreamReader) -> bytes | None:
    """Return all output, None if it was too much; it is read to its end either way."""
    parts: list[bytes] = []
    size = 0
    while piece := await stdout.read(_PIECE):
        size += len(piece)
        if size <= _OUTPUT_BYTES:
            parts.append(piece)
    return b"".join(parts) if size <= _OUTPUT_BYTES else None


async def _end(program: asyncio.subprocess.Process) -> None:
    await program.wait()
