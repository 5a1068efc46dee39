"""The server with the guestbook in it, in its own process: its tables must not be known to the tests."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
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
    return await _said(arguments, server.environment)


async def _said(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        PROGRAM,
        *arguments,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def build_pages(folder: Path) -> Path:
    """Check and build the front end with the guestbook's page in it; return where it is."""
    out = folder / "web"
    pages = FOLDER / "web"
    await _run("vue-tsc", "--noEmit", "--project", await _with_types(folder))
    await _run("prettier", "--config", ".prettierrc.json", "--check", pages)
    await _run("vite", "build", "--outDir", out, "--logLevel", "error", INKCALL_FEATURES=str(pages))
    return out


async def _with_types(folder: Path) -> Path:
    """Return a project whose types of the HTTP interface are those of the program with the guestbook."""
    types = folder / "generated/http.ts"
    described = folder / "described.json"
    described.write_text(await _said(("openapi", "--json"), os.environ), "utf-8")
    await _run("node", ROOT / "web/scripts/types.mjs", described, types)
    options = json.loads((FOLDER / "web/tsconfig.json").read_text("utf-8"))["compilerOptions"]
    paths = {
        name: [str(FOLDER / "web" / at) for at in all] for name, all in options["paths"].items()
    }
    project = folder / "tsconfig.json"
    project.write_text(
        json.dumps(
            {
                "extends": str(FOLDER / "web/tsconfig.json"),
                "compilerOptions": {"paths": {"@generated/*": [f"{types.parent}/*"], **paths}},
                "include": [str(FOLDER / "web/*"), str(ROOT / "web/src/**/*.d.ts")],
            }
        )
    )
    return project


async def _run(tool: str, *arguments: str | Path, **settings: str) -> None:
    path = f"{ROOT / 'web/node_modules/.bin'}{os.pathsep}{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        tool,
        *arguments,
        cwd=ROOT / "web",
        env={**os.environ, "PATH": path, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
