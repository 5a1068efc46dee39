"""Runs one of our own modules as a program, off the process that carries live voices."""

import asyncio
import contextlib
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
"""Where `python -m` finds our packages when they are not installed."""


class ProgramFailed(Exception):
    """The program took too long or ended badly; the text says which, nothing of its output."""


async def run_module(
    module: str, *arguments: str, data: bytes | None = None, timeout_s: float
) -> bytes:
    """Run `python -m module` with `data` as its input; return its output, at most some megabytes.

    Raises `ProgramFailed`. When the caller is cancelled or time is up, the program is killed and
    waited for: none outlives its caller.
    """
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=asyncio.subprocess.PIPE if data is not None else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=_ROOT,
    )
    try:
        async with asyncio.timeout(timeout_s):
            output, _ = await program.communicate(data)
    except TimeoutError:
        raise ProgramFailed(f"{module} took longer than {timeout_s:g} s") from None
    finally:
        if program.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                program.kill()
            await asyncio.shield(program.wait())
    if program.returncode != 0:
        raise ProgramFailed(f"{module} ended with status {program.returncode}")
    return output
