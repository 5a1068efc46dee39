"""A kept subscription over crashes, replays and a second server: all in order, and counted once."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Integer, String, select
from sqlalchemy.orm import Mapped, mapped_column

from base.bus import Bus
from base.db import Base
from base.eventlog import HandledRow, drop, first_time, replay
from base.events import Envelope
from tests.fakes.clock import FakeClock
from tests.fakes.events import Happened, Listener, publish, until_somebody_waits_for_a_lock
from tests.fakes.services import Kept, kept

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


async def test_a_replay_that_commits_while_a_batch_is_noted_is_not_undone_by_it(
    services: Kept, each_database: str
) -> None:
    listener = Listener()
    services.bus.subscribe("test", "one", listener.handlers)
    await publish(services, Happened(what="one"))
    await services.bus.deliver()
    await publish(services, Happened(what="two"))
    async with asyncio.TaskGroup() as group, services.database.transaction() as transaction:
        await replay(transaction, "test", 1)
        listener.any.clear()
        group.create_task(services.bus.deliver())
        await listener.any.wait()
        if each_database == "postgresql":
            await until_somebody_waits_for_a_lock(services)
    assert listener.heard == ["one", "two", "one", "two"]


async def test_after_a_replay_an_idempotent_handler_does_again_what_it_did_from_there_on(
    services: Kept,
) -> None:
    done: list[str] = []

    async def once(envelope: Envelope[Happened]) -> None:
        async with services.database.transaction() as transaction:
            if await first_time(transaction, envelope):
                done.append(envelope.event.what)

    services.bus.subscribe("test", "one", {Happened: once})
    services.bus.subscribe("other", "one", {Happened: once})
    await publish(services, *(Happened(what=what) for what in "abc"))
    await services.bus.deliver()
    assert done == [*"abc", *"abc"]
    await services.bus.replay("test", 2)
    await services.bus.deliver()
    assert done[6:] == ["b", "c"]
    async with services.database.reading() as transaction:
        others = select(HandledRow.event_id).where(HandledRow.part == "other")
        assert list(await transaction.scalars(others)) == [1, 2, 3], "as they were"


async def test_a_part_that_is_dropped_while_it_is_served_hears_everything_and_goes_on(
    services: Kept,
) -> None:
    listener = Listener()
    services.bus.subscribe("test", "one", listener.handlers)
    await publish(services, Happened(what="one"))
    await services.bus.deliver()
    async with services.database.transaction() as transaction:
        assert await drop(transaction, "test") == ["one"]
    await publish(services, Happened(what="two"))
    await services.bus.deliver()
    assert listener.heard == ["one", "one", "two"]


# --- two servers on one database -------------------------------------------------------------


async def test_of_two_servers_one_serves_a_subscription_and_both_their_own_live_ones(
    services: Kept, tmp_path: Path, each_database: str
) -> None:
    if each_database == "sqlite":
        return  # a file belongs to one server
    async with kept(tmp_path) as other:
        counted, shown = [Listener(), Listener()], [Listener(), Listener()]
        for n, one in enumerate((services, other)):
            one.bus.subscribe("test", "count", counted[n].handlers)
            one.bus.subscribe("test", "show", shown[n].handlers, start="now")
        async with other.bus.running():
            async with services.bus.running():
                await publish(other, Happened(what="1"))
                await counted[1].any.wait()
                await publish(services, Happened(what="2"))
                await shown[0].any.wait()
                other.bus._ring()  # what else it would do within seconds
                for listener in (counted[1], *shown):
                    async with asyncio.timeout(20):
                        while listener.heard != ["1", "2"]:
                            await listener.any.wait()
                            listener.any.clear()
            assert (counted[0].heard, counted[1].heard) == ([], ["1", "2"])
        # The other one is gone: now it is this one's turn.
        async with services.bus.running():
            await publish(services, Happened(what="3"))
            await counted[0].any.wait()
        assert (counted[0].heard, counted[1].heard) == (["3"], ["1", "2"])


async def test_one_who_was_taken_for_dead_does_not_move_the_cursor_back(
    services: Kept, tmp_path: Path
) -> None:
    async with kept(tmp_path) as other:
        quick = Listener()
        other.bus.subscribe("test", "one", quick.handlers)

        slow_heard: list[str] = []

        async def slow(envelope: Envelope[Happened]) -> None:
            slow_heard.append(envelope.event.what)
            if not quick.heard:
                await other.bus.deliver()
                await publish(other, Happened(what="later"))
                await other.bus.deliver()

        services.bus.subscribe("test", "one", {Happened: slow})
        await publish(services, Happened(what="one"))
        await services.bus.deliver()
        assert slow_heard == ["one"]
        await other.bus.deliver()
        assert quick.heard == ["one", "later"]


# --- crashes between any two steps -----------------------------------------------------------


class Tally(Base):
    """What an idempotent handler keeps: one row a thing."""

    __tablename__ = "test_tally"

    thing: Mapped[str] = mapped_column(String(16), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


Base.metadata.remove(Tally.__table__)  # type: ignore[arg-type]  # no migration knows it


class Crash(BaseException):
    """The process is gone: nothing catches it."""


class CrashingDatabase:
    """Ends the process before or after one of its transactions, chosen by the test."""

    def __init__(self, services: Kept, dice: random.Random) -> None:
        self.real = services.database
        self.dice = dice
        self.armed = True

    def transaction(self) -> Any:
        return self._wrapped(self.real.transaction())

    def reading(self) -> Any:
        return self._wrapped(self.real.reading())

    def _wrapped(self, inner: Any) -> Any:
        from contextlib import asynccontextmanager

        @asynccontextmanager
        async def around() -> AsyncIterator[Any]:
            if self.armed and self.dice.random() < 0.1:
                raise Crash
            async with inner as session:
                yield session
                if self.armed and self.dice.random() < 0.1:
                    raise Crash  # before the commit
            if self.armed and self.dice.random() < 0.1:
                raise Crash  # after it

        return around()


@pytest.mark.parametrize("round_", range(4))
async def test_over_crashes_between_any_two_steps_each_hears_all_in_order_and_counts_once(
    tmp_path: Path, round_: int
) -> None:
    seed = time.time_ns() % 1_000_000 + round_
    print(f"seed {seed}")
    dice = random.Random(seed)
    clock = FakeClock()
    things = ["a", "b", "c"]
    sent: dict[str, list[str]] = {thing: [] for thing in things}
    heard: dict[str, list[str]] = {thing: [] for thing in things}
    async with kept(tmp_path, clock) as services:
        async with services.database.transaction() as transaction:
            connection = await transaction.connection()
            await connection.run_sync(Tally.__table__.create)  # type: ignore[attr-defined]
        for n in range(40):
            thing = dice.choice(things)
            sent[thing].append(str(n))
            await publish(services, Happened(what=str(n), thing=thing))

        async def count(envelope: Envelope[Happened]) -> None:
            if dice.random() < 0.2:
                raise RuntimeError("a passing trouble")
            async with crashing.transaction() as transaction:
                if await first_time(transaction, envelope):
                    row = await transaction.get(Tally, envelope.event.thing)
                    if row is None:
                        transaction.add(Tally(thing=envelope.event.thing, count=1))
                    else:
                        row.count += 1
            heard[envelope.event.thing].append(envelope.event.what)

        for life in range(160):
            crashing = CrashingDatabase(services, dice)
            crashing.armed = life < 100
            bus = Bus(crashing, clock, services.metrics)  # type: ignore[arg-type]
            bus.subscribe("test", "count", {Happened: count})
            try:
                await bus.deliver()
            except Crash:
                continue
            finally:
                clock.advance(700)
        for thing in things:
            first_times = list(dict.fromkeys(heard[thing]))
            assert first_times == sent[thing], f"seed {seed}"
        async with services.database.reading() as transaction:
            counts = {row.thing: row.count for row in await transaction.scalars(select(Tally))}
        assert counts == {thing: len(each) for thing, each in sent.items() if each}, f"seed {seed}"
        await bus.tidy()
        async with services.database.reading() as transaction:
            assert list(await transaction.scalars(select(HandledRow))) == []
