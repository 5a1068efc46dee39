"""Programs of ours: fed, listened to, bounded in time and words, and never left behind."""

import os
from pathlib import Path

import pytest

from base.programs import ProgramFailed, run_module


def _children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


async def test_what_goes_in_comes_out() -> None:
    data = os.urandom(1_500_000)
    assert await run_module("base64", "-e", data=data, timeout_s=20) != b""
    assert await run_module("base64", "-e", data=b"ink", timeout_s=20) == b"aW5r\n"


async def test_a_program_that_fails_or_is_none_is_said() -> None:
    with pytest.raises(ProgramFailed, match="status 1"):
        await run_module("no_such_module_of_ours", data=b"x" * 1_000_000, timeout_s=20)


async def test_a_program_that_hangs_is_ended() -> None:
    before = _children()
    with pytest.raises(ProgramFailed, match=r"longer than 0\.5 s"):
        await run_module("timeit", "-n", "1", "while True: pass", timeout_s=0.5)
    assert _children() == before


async def test_a_program_that_never_stops_talking_is_not_believed() -> None:
    with pytest.raises(ProgramFailed, match="said more"):
        await run_module("base64", "-e", data=b"x" * 33_000_000, timeout_s=60)
