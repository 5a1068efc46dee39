"""One look at the log: few statements a delivery, and nobody is woken for what only others hear."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from base.eventlog import CursorRow
from base.subscription import Subscription
from tests.fakes.events import Happened, Listener, Other, publish
from tests.fakes.services import Kept, kept

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


@pytest.fixture
def statements(services: Kept) -> list[str]:
    """The first words of what the database is asked."""
    asked: list[str] = []

    @event.listens_for(services.database._engine.sync_engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement.split()[0])

    return asked


async def cursor(services: Kept) -> int:
    async with services.database.reading() as transaction:
        return (await transaction.scalars(select(CursorRow.last_id))).one()


@pytest.mark.parametrize("start", ["beginning", "now"])
async def test_a_delivery_asks_once_and_notes_once(
    services: Kept, statements: list[str], start: Any
) -> None:
    listener = Listener()
    services.bus.subscribe("test", "one", listener.handlers, start=start)
    await services.bus.deliver()
    noted = ["UPDATE"] if start == "beginning" else []
    (subscription,) = services.bus._subscriptions
    for what in ("one", "two"):
        await publish(services, Happened(what=what))
        statements.clear()
        await subscription.deliver()
        assert statements == ["SELECT", *noted]
        assert not subscription.more
    await publish(services, Other())
    statements.clear()
    await subscription.deliver()
    assert statements == ["SELECT"]
    assert listener.heard == ["one", "two"]


async def test_what_waits_is_asked_for_only_while_something_waits(
    services: Kept, statements: list[str]
) -> None:
    listener = Listener(failures=1)
    services.bus.subscribe("test", "one", listener.handlers)
    await publish(services, Happened(what="one"))
    await services.bus.deliver()
    statements.clear()
    await services.bus.deliver()
    assert statements == ["SELECT", "SELECT", "SELECT"], "the look, who is held up, who is due"
    services.clock.advance(1)
    await services.bus.deliver()
    assert listener.heard == ["one"]
    statements.clear()
    await services.bus.deliver()
    assert statements == ["SELECT"]


async def test_only_those_who_hear_it_are_woken(
    services: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    deliver = Subscription.deliver

    async def noting(self: Subscription) -> int:
        looked.append(self.name)
        return await deliver(self)

    monkeypatch.setattr(Subscription, "deliver", noting)
    ours, others = Listener(), Listener()
    services.bus.subscribe("test", "ours", ours.handlers)
    services.bus.subscribe("test", "others", {Other: others})
    async with asyncio.timeout(5), services.bus.running():
        for n in range(5):
            await publish(services, Happened(what=str(n)))
            await ours.any.wait()
            ours.any.clear()
    assert looked.count("others") <= 1, "as it begins"
    assert looked.count("ours") >= 5


async def test_what_others_hear_is_passed_over_without_being_woken(
    services: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("base.subscription._NOTED_EVERY", 3)
    services.bus.subscribe("test", "one", Listener().handlers)
    await services.bus.deliver()
    await publish(services, Other(), Other())
    await services.bus.deliver()
    assert await cursor(services) == 0
    await publish(services, Other())
    monkeypatch.setattr("base.bus._IDLE_S", 0.01)
    async with asyncio.timeout(5), services.bus.running():
        while await cursor(services) != 3:
            await asyncio.sleep(0)


async def test_what_another_process_wrote_is_heard_without_a_bell(
    services: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("base.bus._IDLE_S", 0.01)
    listener = Listener(failures=1)
    services.bus.subscribe("test", "one", listener.handlers)
    async with kept(tmp_path) as other, asyncio.timeout(5), services.bus.running():
        await publish(other, Happened(what="one"))
        while services.metrics.events_failed.labels("test", "one")._value.get() < 1:
            await asyncio.sleep(0)
        # It waits for its retry, which comes without a bell too.
        services.clock.advance(1)
        await listener.any.wait()
        listener.any.clear()
        await other.bus.replay("test", 1)
        await listener.any.wait()
    assert listener.heard == ["one", "one"]
