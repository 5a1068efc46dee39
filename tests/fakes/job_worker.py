"""A worker in a process of its own, for tests; with a fuse it kills itself at its n-th act.

    python -m tests.fakes.job_worker URL FOLDER LEASE_S FUSE

An act is a statement or commit sent to the database, a program started, a file moved or removed.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from base.clock import SystemClock
from base.db import Database
from base.jobs.config import JobsConfig
from base.jobs.model import JobKind
from base.jobs.queue import Jobs
from base.jobs.worker import Worker
from base.metrics import Metrics

KIND = JobKind(
    name="write",
    run="tests.fakes.job_work",
    parallel=2,
    attempts=1000,
    timeout_s=60,
    waits_s=(0,),
)
_FILE_ACTS = {
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.posix_spawn",
    "subprocess.Popen",
}


def results(folder: Path) -> Path:
    """Return where the finishing step puts what was made."""
    return folder / "results"


def jobs_of_tests(database: Database, folder: Path, kind: JobKind = KIND) -> Jobs:
    """Return a queue that knows one kind."""

    def finish(payload: Any, _result: Any, made: Path) -> None:
        if (made / "out").is_file():
            results(folder).mkdir(exist_ok=True)
            (made / "out").replace(results(folder) / payload["write"])

    jobs = Jobs(database, SystemClock())
    jobs.register(kind, finish)
    return jobs


def light(fuse: int) -> None:
    """Let this process be killed at its act with this number."""
    left = fuse

    def act(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(name: str, _arguments: object) -> None:
        if name in _FILE_ACTS:
            act()

    sys.addaudithook(audit)
    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, name, act)


async def main() -> None:
    url, folder, lease_s, fuse = sys.argv[1:]
    database = Database(url)
    jobs = jobs_of_tests(database, Path(folder))
    config = JobsConfig(parallel=3, lease_s=float(lease_s))
    if int(fuse):
        light(int(fuse))
    async with Worker(jobs, config, Path(folder) / "jobs", Metrics()).running():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
