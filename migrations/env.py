"""Alembic's environment: runs the migrations on the database it is told, with our own engine."""

import asyncio

from alembic import context
from sqlalchemy import Connection

import base.eventlog
import base.jobs.tables
import people.tables
import sessions.tables
from base.db import Base, create_engine

TABLES = (
    base.eventlog.EventRow,
    base.jobs.tables.JobRow,
    people.tables.PersonRow,
    sessions.tables.SessionRow,
)
"""Imported so that `Base.metadata` knows every table."""


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # SQLite cannot alter much of a table in place; Alembic copies it instead.
        render_as_batch=True,
        compare_type=True,
    )
    context.run_migrations()


async def main() -> None:
    url = context.config.attributes.get("url") or context.config.get_main_option("sqlalchemy.url")
    engine = create_engine(str(url))
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
