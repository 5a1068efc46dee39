"""Parts' migrations: two parts side by side, one taken away, two files with one revision."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect

from base.db import Database, create_engine
from base.migrations import MigrationsError

MIGRATION = '''
"""A table of a part."""

import sqlalchemy as sa
from alembic import op

revision = "{name}_1"
down_revision = {after}
branch_labels = ("{name}",)
depends_on = None


def upgrade() -> None:
    op.create_table("{name}", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table("{name}")
'''


def part(folder: Path, name: str, revision: str = "", *, after: str | None = "0001") -> Path:
    """Write a part's first migration into a file that every part calls alike."""
    home = folder / "100% ours" / name / "migrations"
    home.mkdir(parents=True)
    text = MIGRATION.format(name=name, after=repr(after))
    (home / "0001_first.py").write_text(text.replace(f"{name}_1", revision or f"{name}_1"))
    return home


async def migrate(url: str, *folders: Path) -> None:
    database = Database(url)
    try:
        await database.migrate(folders)
    finally:
        await database.close()


async def tables(url: str) -> set[str]:
    def names(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    engine = create_engine(url)
    async with engine.begin() as connection:
        found = await connection.run_sync(names)
    await engine.dispose()
    return found


async def test_parts_added_side_by_side_do_not_know_of_each_other(
    empty_database: str, tmp_path: Path
) -> None:
    library, guests = part(tmp_path, "library"), part(tmp_path, "guests")
    await migrate(empty_database, library)
    assert "library" in await tables(empty_database)
    await migrate(empty_database, library, guests)
    alone = part(tmp_path, "alone", after=None)
    await migrate(empty_database, alone, guests, library)
    assert {"library", "guests", "alone", "people"} <= await tables(empty_database)


async def test_a_database_that_a_part_was_taken_from_is_left_as_it_is(
    empty_database: str, tmp_path: Path
) -> None:
    await migrate(empty_database, part(tmp_path, "library"))
    with pytest.raises(MigrationsError, match="library_1"):
        await migrate(empty_database)


async def test_two_files_with_one_revision_are_named(tmp_path: Path) -> None:
    folders = part(tmp_path, "library"), part(tmp_path, "guests", "library_1")
    with pytest.raises(MigrationsError, match=r"library/.*guests/.* have one revision"):
        await migrate(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}", *folders)
    assert not (tmp_path / "x.db").exists()
