"""The part `jobs`: the queue of long work, and this process's worker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from base.db import Database
from base.jobs.commands import COMMANDS
from base.jobs.config import JobsConfig
from base.jobs.queue import Jobs
from base.jobs.routes import ROUTES
from base.jobs.tables import JobRow
from base.jobs.worker import Worker
from base.part import Part, Process


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `Jobs`; later parts register their kinds."""
    jobs = Jobs(process.need(Database), process.clock)
    process.provide(jobs)
    config = process.config
    worker = Worker(jobs, config.of(JobsConfig), config.data_dir / "jobs", process.metrics)
    process.work.append(worker.running())
    yield


PART = Part(
    name="jobs",
    start=start,
    commands=COMMANDS,
    settings={"jobs": JobsConfig},
    routes=ROUTES,
    codes={"unknown_job": 404},
    tables=(JobRow,),
    migrations=Path(__file__).parent / "migrations",
)
