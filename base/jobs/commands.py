"""The operator's commands for jobs: what is there, and stopping one."""

from collections.abc import Mapping
from typing import get_args

from sqlalchemy import select

from base.clock import SystemClock
from base.commands import Answer, Command, Option
from base.config import Config
from base.db import Database
from base.errors import Refusal
from base.jobs.model import State
from base.jobs.queue import Jobs
from base.jobs.tables import JobRow

_SHOWN = 100


async def show(config: Config, options: Mapping[str, object]) -> Answer:
    """List jobs, the newest first; owners, payloads and results are not shown."""
    query = select(JobRow).order_by(JobRow.created_ms.desc(), JobRow.id).limit(_SHOWN)
    if options["state"] is not None:
        query = query.where(JobRow.state == str(options["state"]))
    database = Database(config.database_url)
    try:
        async with database.reading() as transaction:
            rows = list(await transaction.scalars(query))
    finally:
        await database.close()
    jobs = [
        {
            "job": row.id,
            "kind": row.kind,
            "state": row.state,
            "progress": row.progress,
            "attempts": row.attempts,
            "error": row.error,
        }
        for row in rows
    ]
    lines = [
        f"{row.id}  {row.kind}  {row.state}  {row.progress} %"
        + (f"  {row.error}" if row.error else "")
        for row in rows
    ]
    return Answer({"jobs": jobs}, "\n".join(lines) or "there are no jobs")


async def cancel(config: Config, options: Mapping[str, object]) -> Answer:
    """Stop a job; one that has ended stays as it is."""
    job = str(options["job"])
    database = Database(config.database_url)
    try:
        after = await Jobs(database, SystemClock()).cancel(job)
    finally:
        await database.close()
    if after is None:
        raise Refusal("unknown_job", "there is no such job")
    return Answer({"job": job, "state": after.state}, f"{job}: {after.state}")


COMMANDS = (
    Command(
        name="jobs list",
        help="Show the newest 100 pieces of long work: rendering, exports, imports.",
        run=show,
        options=(Option(name="state", help="Only those in this state.", choices=get_args(State)),),
        examples=("inkcall jobs list", "inkcall jobs list --state failed --json"),
    ),
    Command(
        name="jobs cancel",
        help="Stop a piece of long work. A running one ends within seconds.",
        run=cancel,
        options=(
            Option(name="job", help="Its id, as `inkcall jobs list` shows it.", positional=True),
        ),
        examples=("inkcall jobs cancel j_abc",),
    ),
)
