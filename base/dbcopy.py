"""Copies everything from one database into another, SQLite or PostgreSQL either way, and compares.

    async with one target transaction: copy table by table -> set counters -> read back and compare

Only tables that were imported are known (`Base.metadata`); one more in the source is refused. The
server must not run meanwhile: anybody who is connected to either database is a reason to refuse.
Between that look and the copy somebody could still connect; the source is read as of one moment.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    Select,
    Table,
    func,
    insert,
    inspect,
    literal,
    select,
    table as named,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from base.database_url import is_sqlite, normal_url, reaching, shown
from base.db import Base, create_engine, reading_options

_BATCH = 500
_LOOKS = 10
_LOOK_EVERY_S = 0.2
_VERSIONS = "alembic_version"


class CopyRefused(Exception):
    """Nothing was copied; the text is one sentence without a password."""


class CopiedTable(msgspec.Struct, frozen=True, kw_only=True):
    """One table that is now the same on both sides."""

    name: str
    rows: int
    digest: str


CopyProgress = Callable[[str, int], None]
"""Told a table's name and how many of its rows have been copied so far."""


async def copy(
    source_url: str, target_url: str, progress: CopyProgress = lambda _table, _rows: None
) -> list[CopiedTable]:
    """Copy all rows into a migrated, empty target. Raises `CopyRefused`; then nothing was copied."""
    source_url, target_url = normal_url(source_url), normal_url(target_url)
    if source_url == target_url:
        raise CopyRefused("source and target are the same database.")
    for url in (source_url, target_url):
        await refuse_if_in_use(url)
    source, target = create_engine(source_url), create_engine(target_url)
    reading = source.execution_options(**reading_options(source_url))
    try:
        async with reading.begin() as from_, target.begin() as to:
            await _check(from_, to)
            tables = Base.metadata.sorted_tables
            written = {table: await _copy_table(table, from_, to, progress) for table in tables}
            for table in tables:
                await _set_counter(table, from_, to)
            return [await _compare(table, to, written[table]) for table in tables]
    finally:
        await source.dispose()
        await target.dispose()


async def refuse_if_in_use(url: str) -> None:
    """Raise `CopyRefused` when anybody is connected to the database."""
    with reaching(url):
        if is_sqlite(url):
            used = await asyncio.to_thread(_sqlite_is_in_use, str(make_url(url).database))
        else:
            used = await _postgres_is_in_use(url)
    if used:
        raise CopyRefused(f"{shown(url)} is in use: stop the server and whoever else is connected.")


async def refuse_if_it_holds_rows(url: str) -> None:
    """Raise `CopyRefused` when a table of any kind has rows; one that is not there holds none.

    For before the migration: somebody else's database must not be changed by a mistyped address.
    """
    if is_sqlite(url) and not await asyncio.to_thread(Path(str(make_url(url).database)).is_file):
        return
    engine = create_engine(url)
    try:
        with reaching(url):
            async with engine.execution_options(**reading_options(url)).begin() as connection:
                for name in sorted(await connection.run_sync(_table_names) - {_VERSIONS}):
                    found = select(literal(1)).select_from(named(name)).limit(1)
                    if await connection.scalar(found):
                        raise CopyRefused(f"the target is not empty: {name} has rows.")
    finally:
        await engine.dispose()


def report(tables: list[CopiedTable]) -> str:
    """Return what was copied, a line for each table."""
    width = max(len(table.name) for table in tables)
    lines = [f"{table.name:{width}}  {table.rows:>10}  {table.digest[:16]}" for table in tables]
    return "\n".join(
        [*lines, f"{sum(table.rows for table in tables)} rows, the same on both sides"]
    )


class _Digest:
    """A count and a sum of the rows' hashes: databases sort text in different ways."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: tuple[object, ...]) -> None:
        self.rows += 1
        kept = msgspec.json.encode(row, order="sorted")
        self._sum += int.from_bytes(hashlib.sha256(kept).digest())

    def __str__(self) -> str:
        return f"{self._sum % 2**256:064x}"


async def _check(source: AsyncConnection, target: AsyncConnection) -> None:
    known = {table.name for table in Base.metadata.sorted_tables}
    for side, connection in (("source", source), ("target", target)):
        there = await connection.run_sync(_table_names)
        if missing := sorted((known | {_VERSIONS}) - there):
            raise CopyRefused(f"the {side} is not migrated: it has no table {missing[0]}.")
    if unknown := sorted(await source.run_sync(_table_names) - known - {_VERSIONS}):
        raise CopyRefused(f"the source has a table that is not known here: {unknown[0]}.")
    versions = text(f"SELECT version_num FROM {_VERSIONS}")
    if set(await source.scalars(versions)) != set(await target.scalars(versions)):
        raise CopyRefused("source and target are not migrated to the same version.")
    for table in Base.metadata.sorted_tables:
        if await target.scalar(select(func.count()).select_from(table)):
            raise CopyRefused(f"the target is not empty: {table.name} has rows.")


def _table_names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def _copy_table(
    table: Table, source: AsyncConnection, target: AsyncConnection, progress: CopyProgress
) -> _Digest:
    digest = _Digest()
    names = [column.name for column in table.columns]
    rows = await source.stream(select(table))
    async for batch in rows.partitions(_BATCH):
        for row in batch:
            digest.add(tuple(row))
        try:
            await target.execute(
                insert(table), [dict(zip(names, row, strict=True)) for row in batch]
            )
        except DBAPIError as error:
            kind = type(error.orig).__name__
            raise CopyRefused(
                f"the target does not take a row of {table.name} among the first {digest.rows} ({kind})."
            ) from None
        progress(table.name, digest.rows)
    return digest


async def _compare(table: Table, target: AsyncConnection, written: _Digest) -> CopiedTable:
    found = _Digest()
    async for row in await target.stream(select(table)):
        found.add(tuple(row))
    if (found.rows, str(found)) != (written.rows, str(written)):
        raise CopyRefused(f"{table.name} came out different, so the copy was undone.")
    return CopiedTable(name=table.name, rows=found.rows, digest=str(found))


async def _set_counter(table: Table, source: AsyncConnection, target: AsyncConnection) -> None:
    """Let the target go on counting where the source is, so that no id is given a second time."""
    column = table.autoincrement_column
    if column is None or not isinstance(column.type, Integer):
        return
    last = max(await _counter(table, column, source), await target.scalar(_highest(column)) or 0)
    if last == 0:
        return
    if target.dialect.name == "sqlite":
        if table.dialect_options["sqlite"]["autoincrement"]:
            of = {"name": table.name, "last": last}
            await target.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), of)
            await target.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), of)
    else:
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        await target.execute(select(func.setval(sequence, last)))


async def _counter(table: Table, column: "Column[int]", source: AsyncConnection) -> int:
    if source.dialect.name == "sqlite":
        if not table.dialect_options["sqlite"]["autoincrement"]:
            return 0
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return await source.scalar(query, {"name": table.name}) or 0
    name = await source.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
    return await source.scalar(select(func.pg_sequence_last_value(name))) or 0 if name else 0


def _highest(column: "Column[int]") -> "Select[tuple[int]]":
    return select(func.max(column))


def _sqlite_is_in_use(file: str) -> bool:
    """Whoever has a file in WAL mode open holds a shared lock, so the exclusive one tells."""
    if not Path(file).is_file():
        raise CopyRefused(f"there is no database {file}.")
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


async def _postgres_is_in_use(url: str) -> bool:
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    engine = create_engine(url)
    try:
        # One that has just left may be listed a little longer.
        for _ in range(_LOOKS):
            async with engine.begin() as connection:
                if not await connection.scalar(others):
                    return False
            await asyncio.sleep(_LOOK_EVERY_S)
        return True
    finally:
        await engine.dispose()
