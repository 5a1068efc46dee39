"""Events without a transaction: written soon and in order, tried again, bounded, counted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from base import event_writer
from base.event_writer import EventWriter
from base.eventlog import EventRow
from base.events import DomainEvent
from tests.fakes.services import Kept, kept

pytestmark = pytest.mark.usefixtures("each_database")


class Noted(DomainEvent, tag="test_noted", frozen=True, kw_only=True):
    about: ClassVar[tuple[str, str]] = ("n", "n")

    n: str


class Broken:
    """A database whose next transactions fail."""

    def __init__(self, services: Kept, failures: int) -> None:
        self._services = services
        self.failures = failures
        self.wrote = asyncio.Event()

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("not now")
        async with self._services.database.transaction() as transaction:
            yield transaction
        self.wrote.set()


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


def writer_on(services: Kept, database: Any) -> EventWriter:
    return EventWriter(services.bus, database, services.clock, services.metrics, first_wait_s=0.01)


async def written(services: Kept) -> list[tuple[str, str, int]]:
    async with services.database.reading() as transaction:
        rows = await transaction.scalars(select(EventRow).order_by(EventRow.id))
        return [(row.scope, row.actor, row.at_ms) for row in rows]


def count(services: Kept, name: str) -> float | None:
    return services.metrics.registry.get_sample_value(name)


async def test_what_cannot_be_written_is_tried_again_in_order_as_of_when_it_happened(
    services: Kept,
) -> None:
    database = Broken(services, failures=3)
    writer = writer_on(services, database)
    at_ms = services.clock.unix_ms()
    async with writer.running():
        for n in range(3):
            writer.write_soon(Noted(n=str(n)), actor="p_1")
        services.clock.advance(60)
        async with asyncio.timeout(5):
            await database.wrote.wait()
    assert await written(services) == [(f"n:{n}", "p_1", at_ms) for n in range(3)]
    assert count(services, "inkcall_event_write_failures_total") == 3
    assert count(services, "inkcall_events_lost_total") == 0


async def test_leaving_the_block_writes_what_is_left(services: Kept) -> None:
    writer = writer_on(services, services.database)
    async with writer.running():
        writer.write_soon(Noted(n="last"))
    assert [scope for scope, _, _ in await written(services)] == ["n:last"]


async def test_what_is_lost_at_the_end_is_counted(services: Kept) -> None:
    writer = writer_on(services, Broken(services, failures=1000))
    async with writer.running():
        writer.write_soon(Noted(n="1"))
        writer.write_soon(Noted(n="2"))
    assert count(services, "inkcall_events_lost_total") == 2


async def test_a_database_that_hangs_does_not_keep_the_process(
    services: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(event_writer, "_LAST_WRITE_S", 0.01)
    monkeypatch.setattr(EventWriter, "_write_batch", hang)
    writer = writer_on(services, services.database)
    async with asyncio.timeout(5), writer.running():
        writer.write_soon(Noted(n="1"))
    assert count(services, "inkcall_events_lost_total") == 1


async def test_the_queue_is_bounded_and_keeps_the_oldest(
    services: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_writer, "AT_MOST", 2)
    writer = writer_on(services, services.database)
    for n in range(3):
        writer.write_soon(Noted(n=str(n)))
    assert count(services, "inkcall_events_lost_total") == 1
    async with writer.running():
        pass
    assert [scope for scope, _, _ in await written(services)] == ["n:0", "n:1"]
