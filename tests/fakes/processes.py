"""Starts the real programs as a user would, on free ports and a folder of their own."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 30.0


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port of 127.0.0.1 that nobody uses at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class ServerProcess:
    """`python -m server --demo`, or another program, in its own process; may be killed and started again."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    media_port: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    program: Sequence[str] = ("server", "--demo")
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    async def start(self) -> None:
        """Start and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = (self.folder / "server.log").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *self.program, cwd=ROOT, env=self.environment, stderr=log
        )
        log.close()
        async with asyncio.timeout(START_WITHIN_S), aiohttp.ClientSession() as http:
            while True:
                assert self.process.returncode is None, self.log()
                try:
                    async with http.get(f"{self.url}/healthz") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)

    @property
    def environment(self) -> dict[str, str]:
        """Return its settings; its commands are given the same."""
        return {
            **os.environ,
            "INKCALL__SERVER__PORT": str(self.port),
            "INKCALL__SERVER__DATA_DIR": str(self.data),
            "INKCALL__MEDIA__PORT": str(self.media_port),
            "INKCALL__MEDIA__HOST": "127.0.0.1",
            "INKCALL__RECORDER__MIN_FREE_BYTES": "0",
            # The sessions of tests last a moment, and have forms all the same.
            "INKCALL__SESSIONS__FORM_TOGETHER_S": "0",
            # Browsers share these cores: a late loop must not turn a test's call away.
            "INKCALL__ROOMS__MAX_LOOP_LAG_S": "10",
            **self.settings,
        }

    def log(self) -> str:
        """Return what the server has logged."""
        path = self.folder / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    async def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self, within_s: float = 15.0) -> int:
        """Ctrl-C; return the exit code."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(within_s):
            return await self.process.wait()


@asynccontextmanager
async def running_server(
    folder: Path,
    settings: Mapping[str, str] | None = None,
    program: Sequence[str] = ("server", "--demo"),
) -> AsyncIterator[ServerProcess]:
    """Run a server process for the time of the block; it must end cleanly, unless killed."""
    server = ServerProcess(folder, settings or {}, program=program)
    await server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.returncode is None:
            await server.stop()


@asynccontextmanager
async def running_pen(
    server_url: str, token_file: Path, *arguments: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the pen bridge with its virtual pen for the time of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pen_bridge",
        "run",
        "--server",
        server_url,
        "--token-file",
        str(token_file),
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            await process.communicate()
