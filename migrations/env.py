"""Alembic's environment: runs the migrations on the database it is told, with our own engine."""

import asyncio
import importlib

from alembic import context
from sqlalchemy import Connection

from base.db import Base, create_engine


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
    url = context.config.attributes.get("url")
    if url is None:
        # Alembic's own program: what is to be compared with the database must be known first.
        importlib.import_module("server.app")
        url = context.config.get_main_option("sqlalchemy.url")
    engine = create_engine(str(url))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


asyncio.run(main())
