"""Transactions: whole or not at all, readers beside a writer, writers one after the other."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from base.db import Database
from tests.fakes.services import Kept, kept


@pytest.fixture
async def services(tmp_path: Path, each_database: str) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


async def put(database: Database, name: str) -> None:
    async with database.transaction() as transaction:
        await transaction.execute(
            text(
                "INSERT INTO events (name, version, at_ms, actor, scope, body) VALUES (:n, 0, 0, '', '', '')"
            ),
            {"n": name},
        )


async def names(database: Database) -> list[str]:
    async with database.reading() as transaction:
        return list(await transaction.scalars(text("SELECT name FROM events ORDER BY id")))


async def test_readers_do_not_wait_for_a_writer_and_do_not_see_half_of_it(services: Kept) -> None:
    database = services.database
    async with asyncio.timeout(2), database.transaction() as transaction:
        await transaction.execute(
            text(
                "INSERT INTO events (name, version, at_ms, actor, scope, body) VALUES ('x', 0, 0, '', '', '')"
            )
        )
        assert await names(database) == []
    assert await names(database) == ["x"]


async def test_many_writers_at_once_all_get_their_turn(services: Kept) -> None:
    other = Database(services.config.database_url)
    wanted = [f"n{n}" for n in range(40)]
    await asyncio.gather(
        *(put(other if n % 2 else services.database, name) for n, name in enumerate(wanted))
    )
    await other.close()
    assert sorted(await names(services.database)) == sorted(wanted)


async def test_writers_that_wait_leave_the_connections_to_readers(services: Kept) -> None:
    database = services.database
    await put(database, "n")

    async def once_more() -> None:
        async with database.transaction() as transaction:
            await transaction.execute(text("UPDATE events SET version = version + 1"))

    async def attempts() -> int | None:
        async with database.reading() as transaction:
            found: int | None = await transaction.scalar(text("SELECT version FROM events"))
            return found

    async with asyncio.TaskGroup() as group, database.transaction() as transaction:
        await transaction.execute(text("UPDATE events SET version = version + 1"))
        for _ in range(30):
            group.create_task(once_more())
        async with asyncio.timeout(5):
            for _ in range(50):
                assert await attempts() == 0
    assert await attempts() == 31


async def test_a_reading_transaction_sees_one_moment(services: Kept) -> None:
    await put(services.database, "first")
    query = text("SELECT count(*) FROM events")
    async with services.database.reading() as transaction:
        assert await transaction.scalar(query) == 1
        await put(services.database, "second")
        assert await transaction.scalar(query) == 1


async def test_sqlite_is_set_up_for_safety(tmp_path: Path) -> None:
    async with kept(tmp_path) as services, services.database.transaction() as transaction:
        assert await transaction.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await transaction.scalar(text("PRAGMA foreign_keys")) == 1
        assert await transaction.scalar(text("PRAGMA synchronous")) == 2


async def test_an_error_tells_no_values(services: Kept) -> None:
    with pytest.raises(IntegrityError) as error:
        async with services.database.transaction() as transaction:
            await transaction.execute(
                text("INSERT INTO sign_ins (id, person_id, created_ms) VALUES ('a', :who, 0)"),
                {"who": "a name that is nobody's business"},
            )
    assert "nobody's business" not in str(error.value)


async def test_a_nul_in_a_text_is_no_error(services: Kept) -> None:
    await put(services.database, "a\0b")
    (kept_name,) = await names(services.database)
    assert kept_name in {"a\0b", "a\ufffdb"}
    assert await services.people.find("student", "a\0b") == []


@pytest.mark.parametrize("times", [1, 3])
async def test_one_cancelled_at_any_step_leaves_nothing_locked(services: Kept, times: int) -> None:
    """With SQLAlchemy 2.1 and aiosqlite 0.22 the connection is thrown away; this watches that it stays so."""

    async def write() -> None:
        async with services.database.transaction() as transaction:
            for _ in range(2):
                await transaction.execute(
                    text(
                        "INSERT INTO events (name, version, at_ms, actor, scope, body)"
                        " VALUES ('half', 0, 0, '', '', '')"
                    )
                )

    for step in range(40):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(write())
            for _ in range(step * 3):
                await asyncio.sleep(0)
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0)
        # Less than the time SQLite waits for a lock.
        async with asyncio.timeout(4):
            await put(services.database, f"after {step}")
    assert (await names(services.database)).count("half") % 2 == 0
