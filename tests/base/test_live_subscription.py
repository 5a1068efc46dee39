"""A live subscription: hears what happens from now on, keeps nothing, tries again a few times."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base.bus import Bus
from base.eventlog import CursorRow, make_cursor
from base.events import DomainEvent, Envelope
from tests.fakes.services import Kept, kept

pytestmark = pytest.mark.usefixtures("each_database")


class Seen(DomainEvent, tag="test_seen", frozen=True, kw_only=True):
    what: str


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


async def publish(services: Kept, *what: str) -> None:
    async with services.database.transaction() as transaction:
        for each in what:
            services.bus.add(transaction, Seen(what=each))


def listening(bus: Bus, heard: list[str], **failures: int) -> None:
    async def hear(envelope: Envelope[Any]) -> None:
        heard.append(envelope.event.what)
        if failures.get(envelope.event.what, 0):
            failures[envelope.event.what] -= 1
            raise RuntimeError("not now")

    bus.subscribe("test", "live", {Seen: hear}, start="now")


async def test_it_keeps_no_cursor_and_a_new_process_begins_anew(services: Kept) -> None:
    heard: list[str] = []
    async with services.database.transaction() as transaction:
        await make_cursor(transaction, "test", "live")  # an earlier version's
        await make_cursor(transaction, "other", "live")
    await publish(services, "before")
    listening(services.bus, heard)
    await services.bus.deliver()
    await publish(services, *(str(n) for n in range(120)))
    await services.bus.deliver()
    assert heard == [str(n) for n in range(120)]
    await publish(services, "while away")
    second = Bus(services.database, services.clock, services.metrics)
    again: list[str] = []
    listening(second, again)
    await second.deliver()
    assert again == []
    async with services.database.reading() as transaction:
        assert list(await transaction.scalars(select(CursorRow.part))) == ["other"]


async def test_what_fails_is_tried_again_a_few_times_and_holds_up_nobody(services: Kept) -> None:
    heard: list[str] = []
    listening(services.bus, heard, twice=2, never=100)
    await services.bus.deliver()
    await publish(services, "twice", "never", "good")
    for _ in range(8):
        await services.bus.deliver()
    assert heard[:3] == ["twice", "never", "good"]
    assert (heard.count("twice"), heard.count("never"), heard.count("good")) == (3, 4, 1)
