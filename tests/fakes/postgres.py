"""A private PostgreSQL server for one test run: in a temporary folder, on a free port, until the end."""

import asyncio
import atexit
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command

from base.migrations import alembic_config
from tests.fakes.processes import free_port
from tools.machine import postgres_programs

USER = "inkcall"
TEMPLATE = "migrated"
_START_WITHIN_S = 60.0

# Nothing here has to outlive the run, so nothing waits for the disk.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}
_SETTINGS = {
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]
    folder: Path

    def url(self, database: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql+asyncpg://{USER}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database like the template and return its address."""
        self._execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected."""
        self._execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        async def execute() -> None:
            connection: Any = await asyncpg.connect(
                host="127.0.0.1", port=self.port, user=USER, database="postgres"
            )
            await connection.execute(statement)
            await connection.close()

        # The caller's test may have a running loop already.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, execute()).result()

    def stop(self) -> None:
        """End it and remove what it kept."""
        # "Immediate": nothing is to be kept, so nothing is to be written.
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)


@functools.cache
def server() -> Server:
    """Return the server of this run, started on first use and stopped when Python ends."""
    running = start()
    atexit.register(running.stop)
    running.create(TEMPLATE)
    # Alembic's environment runs a loop of its own.
    with ThreadPoolExecutor(1) as pool:
        config = alembic_config(running.url(TEMPLATE))
        pool.submit(command.upgrade, config, "heads").result()
    return running


def start(*, durable: bool = False) -> Server:
    """Start a server with an empty cluster; a durable one waits for the disk, for measurements."""
    programs = postgres_programs()
    if programs is None:
        raise RuntimeError("PostgreSQL's server is missing: install what Debian calls postgresql")
    folder = Path(tempfile.mkdtemp(prefix="inkcall-postgres-"))
    account = _account()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = folder / "data"
    common: dict[str, Any] = {
        "cwd": folder,
        "stdin": subprocess.DEVNULL,
        "env": {**os.environ, "HOME": str(folder)},
    }
    if account is not None:
        common |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    subprocess.run(
        [
            *(programs / "initdb", "-D", data, "-U", USER, "-A", "trust"),
            *("-E", "UTF8", "--locale", "C", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        **common,
    )
    port = free_port()
    chosen = _SETTINGS if durable else _SETTINGS | _FAST
    settings = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), *settings],
            stdout=log,
            stderr=log,
            **common,
        )
    running = Server(port, process, folder)
    _wait_until_ready(programs, running)
    return running


def _wait_until_ready(programs: Path, running: Server) -> None:
    deadline = time.monotonic() + _START_WITHIN_S
    ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(running.port)]
    while subprocess.run(ready).returncode != 0:
        if running.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((running.folder / "log").read_text(errors="replace"))


def _account() -> pwd.struct_passwd | None:
    """Return the account to run as: PostgreSQL refuses root. None: as whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL refuses to run as root, and there is no other account")
