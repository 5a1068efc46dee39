"""The event log: an event comes with its change, after it, at least once, in order, for each alone."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from base.bus import Bus
from base.eventlog import EventRow, drop, first_time, newest_id
from base.events import Envelope
from base.subscription import Subscription
from people.tables import PersonRow
from tests.fakes.clock import FakeClock
from tests.fakes.events import Happened, Listener, Other, publish, until_somebody_waits_for_a_lock
from tests.fakes.pen_server import until
from tests.fakes.services import Kept, kept

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


async def test_an_event_is_delivered_after_the_commit_without_waiting(services: Kept) -> None:
    listener = Listener()
    services.bus.subscribe("test", "one", listener.handlers)
    async with services.bus.running():
        await publish(services, Happened(what="one"), Other())
        async with asyncio.timeout(2):
            await listener.any.wait()
    assert listener.heard == ["one"]
    (envelope,) = listener.envelopes
    assert (envelope.name, envelope.version, envelope.actor) == ("test_happened", 1, "p_1")
    assert (envelope.scope, envelope.to) == ("thing:t", "test/one")
    assert envelope.at_ms == services.clock.unix_ms()


async def test_an_event_of_a_change_that_was_undone_never_happened(services: Kept) -> None:
    listener = Listener()
    services.bus.subscribe("test", "one", listener.handlers)
    with pytest.raises(ZeroDivisionError):
        async with services.database.transaction() as transaction:
            services.bus.add(transaction, Happened(what="undone"))
            await transaction.flush()
            _ = 1 / 0
    assert await services.bus.deliver() == 0
    assert listener.heard == []


async def test_a_crash_between_commit_and_delivery_loses_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    async with kept(tmp_path, clock) as services:
        await publish(services, Happened(what="one"), Happened(what="two"))
    # The process ends here: nobody was told. The next one finds the events in the log.
    async with kept(tmp_path, clock) as services:
        listener = Listener()
        services.bus.subscribe("test", "one", listener.handlers)
        async with services.bus.running():
            async with asyncio.timeout(2):
                await listener.any.wait()
        assert listener.heard == ["one", "two"]
    async with kept(tmp_path, clock) as services:
        again = Listener()
        services.bus.subscribe("test", "one", again.handlers)
        assert await services.bus.deliver() == 0
        assert again.heard == []


async def test_a_crash_between_delivery_and_its_mark_delivers_again(
    services: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    async def crash(*_: Any) -> None:
        raise Crash

    listener = Listener()
    services.bus.subscribe("test", "one", listener.handlers)
    await publish(services, Happened(what="one"))
    with monkeypatch.context() as patched, pytest.raises(Crash):
        patched.setattr(Subscription, "_advance", crash)
        await services.bus.deliver()
    await services.bus.deliver()
    assert listener.heard == ["one", "one"]


@pytest.mark.parametrize("first_fails", [True, False])
async def test_a_handler_that_fails_gets_the_event_again_and_holds_up_nobody(
    services: Kept, first_fails: bool
) -> None:
    failing, well = Listener(failures=2), Listener()
    for each in (failing, well) if first_fails else (well, failing):
        services.bus.subscribe("test", "failing" if each is failing else "well", each.handlers)
    await publish(services, Happened(what="one"))
    assert await services.bus.deliver() == 1
    assert well.heard == ["one"]
    await publish(services, Happened(what="two"))
    assert await services.bus.deliver() == 1
    assert (failing.heard, well.heard) == ([], ["one", "two"])
    services.clock.advance(1)
    assert await services.bus.deliver() == 0, "it fails the second time"
    services.clock.advance(4)
    assert await services.bus.deliver() == 0, "not due yet: the waits grow"
    services.clock.advance(1)
    assert await services.bus.deliver() == 2
    assert failing.heard == ["one", "two"], "in order, because they are about one thing"
    assert well.heard == ["one", "two"], "never twice because another failed"
    services.clock.advance(10_000)
    assert await services.bus.deliver() == 0
    counted = services.metrics.registry.get_sample_value(
        "inkcall_event_failures_total", {"part": "test", "subscription": "failing"}
    )
    assert counted == 2


async def test_an_event_that_never_succeeds_holds_up_its_own_scope_alone(services: Kept) -> None:
    listener = Listener(never="poison")
    services.bus.subscribe("test", "one", listener.handlers)
    await publish(services, Happened(what="poison", thing="a"))
    for n in range(120):
        await publish(
            services, Happened(what=f"a{n}", thing="a"), Happened(what=f"b{n}", thing="b")
        )
    await services.bus.deliver()
    assert listener.heard == [f"b{n}" for n in range(120)]
    listener.never = ""
    services.clock.advance(10_000)
    await services.bus.deliver()
    assert listener.heard[120:] == ["poison", *(f"a{n}" for n in range(120))]


async def test_a_slow_subscriber_delays_no_other(services: Kept) -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow(_envelope: Envelope[Happened]) -> None:
        entered.set()
        await release.wait()

    quick = Listener()
    services.bus.subscribe("test", "slow", {Happened: slow})
    services.bus.subscribe("test", "quick", quick.handlers)
    async with services.bus.running(), asyncio.timeout(5):
        await publish(services, Happened(what="one"))
        await entered.wait()
        await quick.any.wait()
        quick.any.clear()
        await publish(services, Happened(what="two"))
        await quick.any.wait()
        assert quick.heard == ["one", "two"]
        release.set()


async def test_a_late_subscriber_hears_everything_or_begins_now(services: Kept) -> None:
    await publish(services, *(Happened(what=str(n)) for n in range(130)))
    late, now = Listener(), Listener()
    services.bus.subscribe("test", "late", late.handlers)
    services.bus.subscribe("test", "now", now.handlers, start="now")
    await services.bus.deliver()
    await publish(services, Happened(what="after"))
    await services.bus.deliver()
    assert late.heard == [*(str(n) for n in range(130)), "after"]
    assert now.heard == ["after"]


async def test_a_part_may_hear_everything_again_from_any_id(services: Kept) -> None:
    listener, other = Listener(), Listener()
    services.bus.subscribe("points", "count", listener.handlers)
    services.bus.subscribe("lobby", "show", other.handlers)
    await publish(services, *(Happened(what=str(n)) for n in range(5)))
    await services.bus.deliver()
    third = listener.envelopes[2].id
    assert await services.bus.replay("points", third) == ["count"]
    await services.bus.deliver()
    assert listener.heard == ["0", "1", "2", "3", "4", "2", "3", "4"]
    assert other.heard == ["0", "1", "2", "3", "4"]
    assert await services.bus.replay("nobody", 1) == []


async def test_a_replay_in_the_middle_of_a_delivery_is_not_undone_by_it(services: Kept) -> None:
    heard: list[str] = []
    replayed = False

    async def hear(envelope: Envelope[Happened]) -> None:
        nonlocal replayed
        heard.append(envelope.event.what)
        if not replayed:
            replayed = True
            await services.bus.replay("test", 1)

    services.bus.subscribe("test", "one", {Happened: hear})
    await publish(services, Happened(what="one"), Happened(what="two"))
    await services.bus.deliver()
    assert heard == ["one", "two", "one", "two"]


async def test_two_that_add_events_never_wait_for_each_other_in_a_circle(
    services: Kept, each_database: str
) -> None:
    if each_database == "sqlite":
        return  # one writer at a time
    student = await services.student()
    touch = update(PersonRow).where(PersonRow.id == student.id).values(school="s")
    async with services.database.transaction() as first, asyncio.TaskGroup() as group:
        await first.execute(touch)

        async def adds_and_then_touches_the_same_row() -> None:
            async with services.database.transaction() as second:
                services.bus.add(second, Happened(what="second"))
                row = await second.get_one(PersonRow, student.id)
                row.school = "t"

        group.create_task(adds_and_then_touches_the_same_row())
        await until_somebody_waits_for_a_lock(services)
        services.bus.add(first, Happened(what="first"))
        await first.commit()
    async with services.database.reading() as transaction:
        rows = await transaction.scalars(select(EventRow).order_by(EventRow.id))
        kept_ = [row.body for row in rows if row.name == "test_happened"]
    assert [b"first" in body for body in kept_] == [True, False]


async def test_an_event_inside_a_savepoint_is_a_mistake(services: Kept) -> None:
    async with services.database.transaction() as transaction, transaction.begin_nested():
        with pytest.raises(RuntimeError, match="savepoint"):
            services.bus.add(transaction, Other())


async def test_a_handler_that_hangs_does_not_hold_up_the_end(
    services: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("base.bus._STOP_WITHIN_S", 0.01)
    entered = asyncio.Event()

    async def hang(_envelope: Envelope[Happened]) -> None:
        entered.set()
        await asyncio.Event().wait()

    services.bus.subscribe("test", "hangs", {Happened: hang})
    async with asyncio.timeout(20), services.bus.running():
        await publish(services, Happened(what="one"))
        await entered.wait()
    listener = Listener()
    again = Bus(services.database, services.clock, services.metrics)
    again.subscribe("test", "hangs", listener.handlers)
    await again.deliver()
    assert listener.heard == ["one"]


def shown(services: Kept, name: str, part: str = "t", subscription: str = "s") -> float | None:
    labels = {"part": part, "subscription": subscription}
    return services.metrics.registry.get_sample_value(f"inkcall_events_{name}", labels)


async def test_how_far_behind_a_subscription_is_can_be_seen(services: Kept) -> None:
    listener = Listener(never="stuck")
    services.bus.subscribe("t", "s", listener.handlers)
    await services.bus.deliver()
    await publish(services, Happened(what="stuck"), Happened(what="after"), Other())
    services.clock.advance(9)
    await services.bus.measure()
    names = ("behind", "waiting", "lag_seconds")
    assert [shown(services, name) for name in names] == [2, 0, 9]
    await services.bus.deliver()
    services.clock.advance(0.5)
    await services.bus.measure()
    assert [shown(services, name) for name in names] == [0, 2, 9.5]
    listener.never = ""
    services.clock.advance(600)
    await services.bus.deliver()
    await services.bus.measure()
    assert [shown(services, name) for name in names] == [0, 0, 0]


async def test_a_cursor_that_nobody_serves_is_seen_falling_behind(services: Kept) -> None:
    left = Bus(services.database, services.clock, services.metrics)
    left.subscribe("old", "s", Listener().handlers)
    await left.deliver()
    await publish(services, Happened(what="one"), Other())
    services.clock.advance(60)
    await services.bus.measure()
    assert shown(services, "behind", "old") == 2
    assert shown(services, "lag_seconds", "old") == 60


async def test_a_handler_that_hangs_is_seen_too(
    services: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("base.bus._IDLE_S", 0.02)
    entered, release = asyncio.Event(), asyncio.Event()

    async def hangs(_envelope: Envelope[Happened]) -> None:
        entered.set()
        await release.wait()

    services.bus.subscribe("t", "s", {Happened: hangs})
    async with services.bus.running():
        await publish(services, Happened(what="one"))
        async with asyncio.timeout(5):
            await entered.wait()
        services.clock.advance(7)
        await publish(services, Happened(what="two"))
        await until(lambda: (shown(services, "behind"), shown(services, "lag_seconds")) == (2, 7))
        release.set()


async def test_more_than_a_batch_is_heard_in_one_go(services: Kept) -> None:
    listener = Listener()
    services.bus.subscribe("t", "s", listener.handlers)
    await publish(services, *(Happened(what=str(n)) for n in range(120)))
    assert await services.bus.deliver() == 120
    assert listener.heard == [str(n) for n in range(120)]


async def test_a_failing_event_is_tried_after_longer_and_longer_waits(services: Kept) -> None:
    listener = Listener(never="stuck")
    services.bus.subscribe("t", "s", listener.handlers)
    await publish(services, Happened(what="stuck"))
    await services.bus.deliver()
    failures = services.metrics.events_failed.labels("t", "s")
    for tries, wait_s in enumerate((1, 5, 30, 120, 600, 600), 1):
        services.clock.advance(wait_s - 0.1)
        await services.bus.deliver()
        assert failures._value.get() == tries, "not sooner"
        services.clock.advance(0.1)
        await services.bus.deliver()
        assert failures._value.get() == tries + 1, "not later"


async def test_ids_go_on_after_the_newest_was_forgotten(services: Kept) -> None:
    await publish(services, Happened(what="one"))
    services.clock.advance(7 * 86400 + 1)
    await services.bus.tidy()
    await publish(services, Happened(what="two"))
    async with services.database.reading() as transaction:
        assert await newest_id(transaction) == 2


async def test_what_was_undone_is_handled_for_the_first_time_again(services: Kept) -> None:
    listener = Listener()
    services.bus.subscribe("t", "s", listener.handlers)
    await publish(services, Happened(what="one"))
    await services.bus.deliver()
    (envelope,) = listener.envelopes
    with pytest.raises(ZeroDivisionError):
        async with services.database.transaction() as transaction:
            assert await first_time(transaction, envelope)
            _ = 1 / 0
    for first in (True, False):
        async with services.database.transaction() as transaction:
            assert await first_time(transaction, envelope) is first


async def test_one_name_is_subscribed_once(services: Kept) -> None:
    services.bus.subscribe("test", "one", Listener().handlers)
    with pytest.raises(ValueError, match="test/one"):
        services.bus.subscribe("test", "one", Listener().handlers)


async def test_only_what_is_old_by_its_class_and_heard_by_all_is_forgotten(services: Kept) -> None:
    listener = Listener(never="stuck")
    services.bus.subscribe("test", "one", listener.handlers)
    await publish(services, Other(), Happened(what="old"), Happened(what="stuck", thing="s"))
    await services.bus.deliver()
    await publish(services, Happened(what="not heard yet"))
    services.clock.advance(7 * 86400 + 1)
    await services.bus.tidy()
    async with services.database.reading() as transaction:
        left = [
            row.body for row in await transaction.scalars(select(EventRow).order_by(EventRow.id))
        ]
    assert len(left) == 3, "Other is kept for ever, one waits, one was not heard"
    assert not any(b"old" in body for body in left)


async def test_a_part_that_is_gone_keeps_events_until_it_is_dropped(services: Kept) -> None:
    listener = Listener(never="stuck")
    services.bus.subscribe("gone", "one", listener.handlers)
    await publish(services, Happened(what="heard"), Happened(what="stuck", thing="s"))
    await services.bus.deliver()
    services.clock.advance(7 * 86400 + 1)
    await services.bus.tidy()
    async with services.database.transaction() as transaction:
        assert await newest_id(transaction) == 2
        assert await drop(transaction, "gone") == ["one"]
        assert await drop(transaction, "gone") == []
    await services.bus.tidy()
    async with services.database.reading() as transaction:
        assert await newest_id(transaction) == 0


def test_events_bring_neither_a_database_nor_a_log() -> None:
    heavy = "{'sqlalchemy', 'structlog', 'prometheus_client', 'asyncio'}"
    code = f"import sys, sessions.events, people.events; sys.exit(str({heavy} & set(sys.modules)) if {heavy} & set(sys.modules) else 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_leaving_the_block_leaves_no_task(services: Kept) -> None:
    services.bus.subscribe("test", "one", Listener().handlers)
    before = asyncio.all_tasks()
    async with services.bus.running():
        pass
    assert asyncio.all_tasks() == before
