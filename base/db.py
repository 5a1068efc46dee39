"""The database: one declarative base, transactions, migrations. SQLite in WAL mode, or PostgreSQL."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase

from base.database_url import CONNECT_WITHIN_S, is_sqlite, normal_url, reaching, shown
from base.line import Line
from base.migrations import MigrationsError, alembic_config, check, folders_of_source
from base.sqlite_connection import connect

_READ_ONLY = "inkcall_read_only"
_POOL = 11
_WRITERS = 6
"""Of PostgreSQL's connections those that writers may hold: they wait for each other's rows, and
readers must not wait with them. One more is kept for `base.turns`."""


class Base(DeclarativeBase):
    """The base of every table. Constraints get names of a fixed form, so that migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database:
    """An engine and its transactions.

    On SQLite a writing transaction takes the write lock with its first statement (`BEGIN IMMEDIATE`): one that
    began by reading and then wants to write could otherwise fail with "database is locked" without
    ever waiting. Writers of this process queue in the loop rather than in SQLite's sleeping retries.
    On PostgreSQL writers run side by side, each statement seeing what was committed before it: who
    reads a row in order to change it reads it with `with_for_update`. A reading transaction sees
    one moment on both. Transactions are not to be nested.
    """

    def __init__(self, url: str) -> None:
        self._url = url = normal_url(url)
        self._engine = create_engine(url)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        reading = self._engine.execution_options(**reading_options(url))
        self._reading = async_sessionmaker(reading, expire_on_commit=False)
        self._writers = Line(1 if is_sqlite(url) else _WRITERS)

    @contextlib.asynccontextmanager
    async def transaction(self, *, urgent: bool = False) -> AsyncIterator[AsyncSession]:
        """Open a transaction that may write; commits at the end of the block, rolls back on error.

        An urgent one goes ahead of those that wait to begin: for what a person waits for at this moment.
        """
        async with self._writers.place(urgent=urgent), self._sessions.begin() as transaction:
            yield transaction

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that only reads; it never waits for a writer."""
        async with self._reading.begin() as transaction:
            yield transaction

    async def migrate(self, folders: Iterable[Path] | None = None) -> None:
        """Bring the schema up to date; raise `MigrationsError` when migrations contradict each other.

        `folders` are those of the parts; without it, those of all parts in this source tree.
        """
        if is_sqlite(self._url) and (file := make_url(self._url).database):
            await asyncio.to_thread(Path(file).parent.mkdir, parents=True, exist_ok=True)
        brought = folders_of_source() if folders is None else list(folders)
        await asyncio.to_thread(check, brought)
        config = alembic_config(self._url, brought)
        # Alembic's environment runs a loop of its own, so it needs a thread of its own.
        try:
            with reaching(self._url):
                await asyncio.to_thread(command.upgrade, config, "heads")
        except CommandError as error:
            raise MigrationsError(f"{shown(self._url)} cannot be migrated ({error}).") from None

    async def answers(self) -> bool:
        """Return True when a query came back; raises what the driver raises otherwise."""
        async with self.reading() as transaction:
            await transaction.execute(text("SELECT 1"))
        return True

    @property
    def shared(self) -> bool:
        """Whether several processes may work on it at once."""
        return not is_sqlite(self._url)

    async def connection_of_its_own(self) -> AsyncConnection:
        """Return a connection on which each statement is a transaction; whoever asked closes it."""
        own = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        return await own.connect()

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def reading_options(url: str) -> dict[str, object]:
    """Return what makes a transaction of an engine one that only reads and sees one moment."""
    if is_sqlite(url):
        return {_READ_ONLY: True}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def create_engine(url: str) -> AsyncEngine:
    """Return an engine with our settings for SQLite connections and transactions."""
    if not is_sqlite(url):
        postgres = create_async_engine(
            url,
            pool_size=_POOL,
            max_overflow=0,
            # The server may have been restarted since.
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"timeout": CONNECT_WITHIN_S},
        )
        event.listen(postgres.sync_engine, "before_cursor_execute", _without_nul, retval=True)
        return postgres
    # Hidden parameters: an error's text would otherwise carry names into the log.
    engine = create_async_engine(
        url,
        pool_size=8,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"async_creator_fn": connect},
    )

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(_READ_ONLY, False)
        driver: Any = connection.connection.driver_connection
        driver.begin("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _without_nul(
    _connection: object, _cursor: object, statement: str, values: Any, _context: object, _many: bool
) -> tuple[str, Any]:
    """PostgreSQL's text has no NUL, which anybody can send: it is kept as the mark of a lost letter."""

    def plain(row: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(
            value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row
        )

    # Many rows in one statement come as one row of all their values, although it says `many`.
    return statement, [plain(row) for row in values] if isinstance(values, list) else plain(values)
