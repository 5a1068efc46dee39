"""Migrations: from nothing to today's tables, equal to the models, and back."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.engine import make_url

from base.database_url import is_sqlite
from base.db import Base, Database, create_engine
from base.migrations import COMMON, ROOT, alembic_config, folders_of_source
from base.part import migrations

# Whose models are all tables there are: the parts'.
from server.app import PARTS


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


def test_photos_kept_before_there_were_owners_belong_to_their_session(tmp_path: Path) -> None:
    file = tmp_path / "inkcall.db"
    config = alembic_config(f"sqlite+aiosqlite:///{file}")
    command.upgrade(config, "0001")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO photos VALUES ('f_1', 's_1', 'p_1', 'jpg', 4, 3, 9, 0)")
        connection.commit()
    command.upgrade(config, "heads")
    with closing(sqlite3.connect(file)) as connection:
        [row] = connection.execute("SELECT owner, sha256 FROM photos").fetchall()
    assert row == ("session:s_1", "")


def test_alembics_own_program_knows_the_folders_the_parts_bring() -> None:
    listed = Config(ROOT / "alembic.ini").get_version_locations_list()
    assert listed is not None
    assert [Path(one) for one in listed] == [COMMON, *migrations(PARTS)]
    assert sorted(migrations(PARTS)) == folders_of_source()
