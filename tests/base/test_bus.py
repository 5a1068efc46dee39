"""The bus: an event comes with its change, after it, at least once, also over a crash."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from base.bus import Bus, DomainEvent, OutboxRow
from tests.fakes.clock import FakeClock
from tests.fakes.services import Kept, kept


class Happened(DomainEvent, tag="test_happened", frozen=True, kw_only=True):
    what: str


class Other(DomainEvent, tag="test_other", frozen=True, kw_only=True):
    pass


pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


async def publish(services: Kept, *events: DomainEvent) -> None:
    async with services.database.session() as session:
        for event in events:
            services.bus.add(session, event)


class Listener:
    """Notes what it was told; fails as often as asked."""

    def __init__(self, failures: int = 0) -> None:
        self.heard: list[str] = []
        self.failures = failures
        self.any = asyncio.Event()

    async def __call__(self, event: Happened) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not now")
        self.heard.append(event.what)
        self.any.set()


async def test_an_event_is_delivered_after_the_commit_without_waiting(services: Kept) -> None:
    listener = Listener()
    services.bus.subscribe(Happened, listener)
    async with services.bus.running():
        await publish(services, Happened(what="one"), Other())
        async with asyncio.timeout(2):
            await listener.any.wait()
    assert listener.heard == ["one"]


async def test_an_event_of_a_change_that_was_undone_never_happened(services: Kept) -> None:
    listener = Listener()
    services.bus.subscribe(Happened, listener)
    with pytest.raises(ZeroDivisionError):
        async with services.database.session() as session:
            services.bus.add(session, Happened(what="undone"))
            await session.flush()
            _ = 1 / 0
    assert await services.bus.deliver() == 0
    assert listener.heard == []


async def test_a_crash_between_commit_and_delivery_loses_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    async with kept(tmp_path, clock) as services:
        await publish(services, Happened(what="one"), Happened(what="two"))
    # The process ends here: nobody was told. The next one finds the events in the table.
    async with kept(tmp_path, clock) as services:
        listener = Listener()
        services.bus.subscribe(Happened, listener)
        async with services.bus.running():
            async with asyncio.timeout(2):
                await listener.any.wait()
        assert listener.heard == ["one", "two"]
    async with kept(tmp_path, clock) as services:
        again = Listener()
        services.bus.subscribe(Happened, again)
        assert await services.bus.deliver() == 0
        assert again.heard == []


async def test_a_crash_between_delivery_and_its_mark_delivers_again(services: Kept) -> None:
    class Crash(BaseException):
        pass

    class CrashingBus(Bus):
        async def _mark(self, row_id: int) -> None:
            raise Crash

    listener = Listener()
    crashing = CrashingBus(services.database, services.clock, services.metrics)
    crashing.subscribe(Happened, listener)
    await publish(services, Happened(what="one"))
    with pytest.raises(Crash):
        await crashing.deliver()
    services.bus.subscribe(Happened, listener)
    await services.bus.deliver()
    assert listener.heard == ["one", "one"]


async def test_a_handler_that_fails_gets_the_event_again_and_holds_up_nobody(
    services: Kept,
) -> None:
    failing, well = Listener(failures=2), Listener()
    services.bus.subscribe(Happened, failing)
    services.bus.subscribe(Happened, well)
    await publish(services, Happened(what="one"))
    assert await services.bus.deliver() == 0
    await publish(services, Happened(what="two"))
    assert await services.bus.deliver() == 0
    assert await services.bus.deliver() == 0
    services.clock.advance(1)
    assert await services.bus.deliver() == 2
    assert sorted(failing.heard) == ["one", "two"]
    services.clock.advance(10_000)
    assert await services.bus.deliver() == 0
    counted = services.metrics.registry.get_sample_value(
        "inkcall_outbox_failures_total", {"event": "test_happened"}
    )
    assert counted == 2


async def test_what_was_delivered_a_week_ago_is_forgotten_and_nothing_else(services: Kept) -> None:
    services.bus.subscribe(Happened, Listener())
    await publish(services, Happened(what="old"))
    await services.bus.deliver()
    await publish(services, Happened(what="never delivered"))
    services.clock.advance(7 * 86400 + 1)
    await services.bus.prune()
    async with services.database.reading() as session:
        (left,) = await session.scalars(select(OutboxRow))
    assert b"never delivered" in left.payload


async def test_leaving_the_block_leaves_no_task(services: Kept) -> None:
    before = asyncio.all_tasks()
    async with services.bus.running():
        pass
    assert asyncio.all_tasks() == before
