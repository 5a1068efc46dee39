"""Migrations: from nothing to today's tables, equal to the models, and back."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

import base.jobs.tables  # noqa: F401 the models must be known to compare them
import people.tables  # noqa: F401
import sessions.tables  # noqa: F401
from base.db import Base, Database, alembic_config, create_engine


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_an_empty_database_is_brought_to_exactly_what_the_models_say(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'folder' / 'inkcall.db'}"
    database = Database(url)
    await database.migrate()
    await database.migrate()
    await database.close()
    engine = create_engine(url)
    async with engine.begin() as connection:
        assert await connection.run_sync(_differences) == []
        assert {"people", "sessions", "events", "jobs"} <= await connection.run_sync(_tables)
    await engine.dispose()


def test_migrations_can_be_undone(tmp_path: Path) -> None:
    config = alembic_config(f"sqlite+aiosqlite:///{tmp_path / 'inkcall.db'}")
    command.upgrade(config, "heads")
    command.downgrade(config, "base")
    command.upgrade(config, "heads")
