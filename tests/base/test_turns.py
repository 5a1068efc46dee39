"""Turns: one process of those on a database has it, and another gets it when that one is gone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from base.db import Database
from base.turns import Turns
from tests.fakes import postgres


@pytest.fixture
async def two() -> AsyncIterator[tuple[Database, Database]]:
    """Two processes' connections to one PostgreSQL database."""
    server = postgres.server()
    url = server.create("test_turns")
    first, second = Database(url), Database(url)
    yield first, second
    await first.close()
    await second.close()
    server.drop("test_turns")


async def test_one_has_it_until_it_gives_it_up(two: tuple[Database, Database]) -> None:
    async with Turns(two[1]) as others:
        async with Turns(two[0]) as mine:
            assert await mine.mine("a")
            assert await mine.mine("a")
            assert not await others.mine("a")
            assert await others.mine("b")
        assert await others.mine("a")


async def test_one_that_is_cut_off_learns_it_and_another_takes_over(
    two: tuple[Database, Database],
) -> None:
    async with Turns(two[0]) as mine, Turns(two[1]) as others:
        assert await mine.mine("a")
        async with two[1].transaction() as transaction:
            await transaction.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
                )
            )
        assert await others.mine("a")
        with pytest.raises(Exception, match="closed"):
            await mine.mine("a")
        assert not await mine.mine("a")


async def test_a_file_has_one_process_whose_turn_it_always_is(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/one.db")
    async with Turns(database) as mine:
        assert await mine.mine("a")
    await database.close()
