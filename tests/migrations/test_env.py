"""Migrations: from nothing to today's tables, equal to the models, and back."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.engine import make_url

import base.jobs.tables  # noqa: F401 the models must be known to compare them
import people.tables  # noqa: F401
import sessions.tables  # noqa: F401
from base.database_url import is_sqlite
from base.db import Base, Database, alembic_config, create_engine


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_an_empty_database_is_brought_to_exactly_what_the_models_say(
    empty_database: str,
) -> None:
    database = Database(empty_database)
    await database.migrate()
    await database.migrate()
    await database.close()
    engine = create_engine(empty_database)
    async with engine.begin() as connection:
        assert await connection.run_sync(_differences) == []
        assert {"people", "sessions", "events", "jobs"} <= await connection.run_sync(_tables)
    await engine.dispose()


def test_migrations_can_be_undone(empty_database: str) -> None:
    if is_sqlite(empty_database):
        Path(str(make_url(empty_database).database)).parent.mkdir()
    config = alembic_config(empty_database)
    command.upgrade(config, "heads")
    command.downgrade(config, "base")
    command.upgrade(config, "heads")
