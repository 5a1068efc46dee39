"""SQLite's connection: one trip to its thread a statement, and no thread left when it cannot be opened."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from base.db import Database, create_engine
from base.sqlite_connection import Connection, connect

ADD = text("INSERT INTO things (n) VALUES (:n)")
ALL = text("SELECT n FROM things ORDER BY n")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/one.db")
    async with database.transaction() as transaction:
        await transaction.execute(text("CREATE TABLE things (n INTEGER PRIMARY KEY)"))
    yield database
    await database.close()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is sent to the threads."""
    sent: list[str] = []
    execute = aiosqlite.Connection._execute

    async def noting(self: Connection, work: Any, *values: Any, **named: Any) -> Any:
        sent.append(work.__name__)
        return await execute(self, work, *values, **named)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", noting)
    return sent


async def test_a_transaction_makes_a_trip_a_statement_and_one_to_commit(
    database: Database, trips: list[str]
) -> None:
    async with database.transaction() as transaction:
        await transaction.execute(ADD, [{"n": n} for n in range(3)])
        assert list(await transaction.scalars(ALL)) == [0, 1, 2]
    async with database.reading() as transaction:
        assert len((await transaction.execute(ALL)).all()) == 3
    assert trips == ["_run", "_run", "commit", "_run", "commit"]


async def test_a_transaction_without_a_statement_makes_none(
    database: Database, trips: list[str]
) -> None:
    async with database.transaction():
        pass
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            _ = 1 / 0
    assert trips == []


async def test_what_fails_is_undone_and_the_connection_goes_on(database: Database) -> None:
    for _ in range(2):
        with pytest.raises(IntegrityError):
            async with database.transaction() as transaction:
                await transaction.execute(ADD, {"n": 7})
                await transaction.execute(ADD, {"n": 7})
    async with database.transaction() as transaction:
        assert list(await transaction.scalars(ALL)) == []


async def test_many_rows_come_whole_and_a_part_of_them_lets_the_rest_go(database: Database) -> None:
    numbers = list(range(1234))
    async with database.transaction() as transaction:
        await transaction.execute(ADD, [{"n": n} for n in numbers])
    async with database.reading() as transaction:
        assert list(await transaction.scalars(ALL)) == numbers
        streamed = await transaction.stream_scalars(ALL)
        assert [each async for each in streamed] == numbers
        streamed = await transaction.stream_scalars(ALL)
        assert await streamed.fetchmany(3) == [0, 1, 2]
        await streamed.close()
    async with database.transaction() as transaction:
        await transaction.execute(text("DROP TABLE things"))


async def test_a_cursor_of_its_own_gives_rows_one_by_one(tmp_path: Path) -> None:
    connection = await connect(str(tmp_path / "one.db"))
    cursor = connection.cursor()
    await cursor.execute("SELECT 1 UNION SELECT 2")
    assert [await cursor.fetchone() for _ in range(3)] == [(1,), (2,), None]
    await connection.close()


async def test_one_that_cannot_be_opened_leaves_no_thread(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "junk").write_bytes(b"junk" * 1000)
    for name in ("folder", "junk"):
        before = set(threading.enumerate())
        engine = create_engine(f"sqlite+aiosqlite:///{tmp_path / name}")
        with pytest.raises(DatabaseError):
            async with engine.connect():
                pass
        assert set(threading.enumerate()) == before
        await engine.dispose()


async def test_one_whose_opening_is_cancelled_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    for step in range(6):
        task = asyncio.create_task(connect(str(tmp_path / "one.db")))
        for _ in range(step):
            await asyncio.sleep(0)
        task.cancel()
        found = (await asyncio.gather(task, return_exceptions=True))[0]
        if isinstance(found, Connection):
            await found.close()
            found._thread.join(5)
        assert set(threading.enumerate()) == before


def test_the_last_word_of_a_thread_needs_no_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    release = threading.Event()

    async def forgotten() -> Connection:
        connection = await connect(str(tmp_path / "one.db"))
        connection._tx.put_nowait((None, release.wait))
        connection.stop()
        return connection

    connection = asyncio.run(forgotten())
    release.set()
    connection._thread.join(5)
    assert not connection._thread.is_alive()
    assert raised == []


async def test_one_cancelled_while_the_thread_waits_for_the_lock_leaves_nothing_locked(
    database: Database, tmp_path: Path, trips: list[str]
) -> None:
    async def write(n: int) -> None:
        async with database.transaction() as transaction:
            await transaction.execute(ADD, {"n": n})

    other = sqlite3.connect(tmp_path / "one.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(write(1))
    async with asyncio.timeout(4):
        while trips != ["_run"]:
            await asyncio.sleep(0)
        task.cancel()
        other.execute("COMMIT")
        with pytest.raises(asyncio.CancelledError):
            await task
        await write(2)
    assert other.execute("SELECT n FROM things").fetchall() == [(2,)]
    other.close()


async def test_one_whose_commit_is_cancelled_is_whole_or_not_at_all(
    database: Database, trips: list[str]
) -> None:
    async def write(n: int) -> None:
        async with database.transaction() as transaction:
            await transaction.execute(ADD, [{"n": n}, {"n": n + 1}])

    async with asyncio.timeout(10):
        for n in range(0, 20, 2):
            trips.clear()
            task = asyncio.create_task(write(n))
            while "commit" not in trips:
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    await write(100)
    async with database.reading() as transaction:
        found = list(await transaction.scalars(ALL))
    assert found[-2:] == [100, 101]
    assert all(n + 1 in found for n in found if n % 2 == 0)


async def test_the_lock_is_taken_with_the_first_statement_even_if_it_reads(
    database: Database, tmp_path: Path
) -> None:
    other = Database(f"sqlite:///{tmp_path}/one.db")
    statements: list[str] = []

    @event.listens_for(other._engine.sync_engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    async with database.transaction() as transaction, asyncio.TaskGroup() as group:
        await transaction.scalars(ALL)

        async def write() -> None:
            async with other.transaction() as second:
                assert list(await second.scalars(ALL)) == [1]

        group.create_task(write())
        while not statements:
            await asyncio.sleep(0)
        await transaction.execute(ADD, {"n": 1})
        await transaction.commit()
    await other.close()
