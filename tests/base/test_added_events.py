"""Events added to a transaction: written once, with it or not at all, and told of to who hears them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from base.bus import Bus
from base.eventlog import EventRow, make_cursor
from tests.fakes.events import Happened, Listener
from tests.fakes.services import Kept, kept

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


@pytest.fixture
async def session(services: Kept) -> AsyncIterator[AsyncSession]:
    """One that makes several transactions, one after the other."""
    async with services.database._sessions() as session:
        yield session


async def heard(services: Kept) -> list[str]:
    listener = Listener()
    bus = Bus(services.database, services.clock, services.metrics)
    bus.subscribe("test", "all", listener.handlers)
    await bus.deliver()
    return listener.heard


async def test_what_was_rolled_back_is_not_written_by_a_later_transaction_of_the_session(
    services: Kept, session: AsyncSession
) -> None:
    services.bus.add(session, Happened(what="undone"))
    await session.flush()
    await session.rollback()
    services.bus.add(session, Happened(what="dropped"))
    await session.close()
    services.bus.add(session, Happened(what="done"))
    await session.commit()
    await make_cursor(session, "test", "other")
    await session.commit()
    assert await heard(services) == ["done"]


async def test_a_commit_that_fails_takes_its_events_with_it(
    services: Kept, session: AsyncSession
) -> None:
    services.bus.add(session, Happened(what="undone"))
    session.add(EventRow(version=1, at_ms=0, actor="", scope="", body=b"a row without a name"))
    with pytest.raises(IntegrityError):
        await session.commit()
    await session.rollback()
    services.bus.add(session, Happened(what="done"))
    await session.commit()
    assert await heard(services) == ["done"]


async def test_a_savepoint_neither_writes_nor_tells_before_the_end(
    services: Kept, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[object] = []
    monkeypatch.setattr(Bus, "_ring", lambda _self, names=None: rung.append(names))
    services.bus.add(session, Happened(what="one"))
    async with session.begin_nested():
        await make_cursor(session, "test", "inner")
    with pytest.raises(ZeroDivisionError):
        async with session.begin_nested():
            _ = 1 / 0
    assert rung == []
    services.bus.add(session, Happened(what="two"))
    await session.commit()
    assert rung == [{"test_happened"}]
    await session.commit()
    assert rung == [{"test_happened"}]
    assert await heard(services) == ["one", "two"]
