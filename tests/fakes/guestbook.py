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
    """Check and build the front end with the guestbook's page in it; return where it is."""
    out = folder / "web"
    pages = FOLDER / "web"
    await _run("vue-tsc", "--noEmit", "--project", pages)
    await _run("prettier", "--config", ".prettierrc.json", "--check", pages)
    await _run("vite", "build", "--outDir", out, "--logLevel", "error", INKCALL_FEATURES=str(pages))
    return out


async def _run(tool: str, *arguments: str | Path, **settings: str) -> None:
    process = await asyncio.create_subprocess_exec(
        ROOT / "web/node_modules/.bin" / tool,
        *arguments,
        cwd=ROOT / "web",
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
