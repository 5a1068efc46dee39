"""The server with the guestbook in it, in its own process: its tables must not be known to the tests."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.fakes.processes import ROOT, ServerProcess, running_server

PROGRAM = "tests.fakes.part_guestbook"
FOLDER = ROOT / "tests/fakes/part_guestbook"


@asynccontextmanager
async def guestbook_server(folder: Path, **settings: str) -> AsyncIterator[ServerProcess]:
    """Run it for the time of the block."""
    async with running_server(folder, settings, (PROGRAM, "serve", "--demo")) as server:
        yield server


async def inkcall(server: ServerProcess, *arguments: str) -> str:
    """Run a command on the server's data; return what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        PROGRAM,
        *arguments,
        cwd=ROOT,
        env=server.environment,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def build_pages(folder: Path) -> Path:
    """Build the front end with the guestbook's page in it; return where it is."""
    out = folder / "web"
    process = await asyncio.create_subprocess_exec(
        ROOT / "web/node_modules/.bin/vite",
        "build",
        "--outDir",
        out,
        "--logLevel",
        "error",
        cwd=ROOT / "web",
        env={**os.environ, "INKCALL_FEATURES": str(FOLDER / "web")},
    )
    assert await process.wait() == 0
    return out
