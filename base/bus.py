"""The bus: domain events, kept in the transaction of the change they tell of, heard after it.

    change + event ──one commit──> event log ──one cursor a subscription──> handlers (idempotent)

A slow, failing or late-added subscriber delays nobody. Each hears every event at least once, in the
order of its scope, and may hear everything again from any id. Of several processes on one database one
serves a subscription (`base.turns`); live ones (`start="now"`) are each process's own.
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from typing import Any, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from base import added_events
from base.clock import Clock
from base.db import Database
from base.eventlog import forget, lags, replay
from base.events import DomainEvent, event_name, scope_of
from base.hearing import EventHandler, Hearing
from base.live_subscription import LiveSubscription
from base.log import get_logger, safe_error
from base.metrics import Metrics
from base.subscription import Subscription
from base.turns import Turns

log = get_logger(__name__)

_IDLE_S = 5.0
"""How often the log is looked at although nobody rang: for events that wait for their retry, for those
of other processes, and to pass over what others hear."""
_TIDY_S = 3600.0
_STOP_WITHIN_S = 10.0
"""How long handlers may go on when the bus stops; then they are cancelled, and hear it again."""
_DAY_MS = 86_400_000

Start = Literal["beginning", "now"]


class Bus:
    """Takes events inside transactions and hands them to whoever subscribed."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics) -> None:
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._subscriptions: list[Hearing] = []
        self._types: dict[str, type[DomainEvent]] = {}
        self._opened = 0
        self._tidied = -math.inf
        self._stopping = asyncio.Event()

    def subscribe(
        self,
        part: str,
        name: str,
        handlers: Mapping[type[Any], EventHandler],
        *,
        start: Start = "beginning",
    ) -> None:
        """Let a part hear events of these types, in the order of each scope.

        `part` and `name` say whose cursor it is: they stay the same from version to version. One that is
        new hears everything that is kept. With `start="now"` it is live: it hears what happens while
        this process runs, nothing is kept of it: right for what is shown, wrong for what is counted.
        Handlers are idempotent: they may hear an event twice. ValueError if the subscription is there
        already.
        """
        if any((each.part, each.name) == (part, name) for each in self._subscriptions):
            raise ValueError(f"{part}/{name} is subscribed already")
        self._types |= {event_name(kind): kind for kind in handlers}
        kind = LiveSubscription if start == "now" else Subscription
        self._subscriptions.append(
            kind(part, name, handlers, self._database, self._clock, self._metrics)
        )

    def add(
        self,
        transaction: AsyncSession,
        event: DomainEvent,
        *,
        actor: str = "",
        at_ms: int | None = None,
    ) -> None:
        """Keep `event` in `transaction`; it is heard once that is committed.

        `actor` is the person who did it, if it was one; `at_ms` when it happened, if not now (Unix).
        RuntimeError inside a savepoint, which could be undone without the event.
        """
        inner = transaction.sync_session
        if inner.in_nested_transaction():
            raise RuntimeError("events are added outside of savepoints")
        name = event_name(type(event))
        self._types.setdefault(name, type(event))
        row = {
            "name": name,
            "version": event.version,
            "at_ms": self._clock.unix_ms() if at_ms is None else at_ms,
            "actor": actor,
            "scope": scope_of(event),
            "body": msgspec.json.encode(event),
        }
        added_events.put(inner, row, self._ring)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver as long as the block runs, and what is left over from before first."""
        await self._open()
        turns = Turns(self._database)
        async with turns, asyncio.TaskGroup() as group:
            self._stopping.clear()
            serving = [
                group.create_task(self._serve(each, turns), name=f"bus {each.part}/{each.name}")
                for each in self._subscriptions
            ]
            # Apart from the subscriptions: a handler that hangs must be seen.
            tidying = group.create_task(self._again(self._tidy_hourly), name="bus tidy")
            measuring = group.create_task(self._again(self.measure), name="bus measure")
            try:
                yield
            finally:
                self._stopping.set()
                tidying.cancel()
                measuring.cancel()
                self._ring()
                group.create_task(_cancel_late(serving), name="bus stop")

    async def deliver(self) -> int:
        """Deliver what is due now, to every subscription; return how many were handled."""
        await self._open()
        handled = 0
        for subscription in self._subscriptions:
            while (count := await subscription.deliver()) or subscription.more:
                handled += count
        return handled

    async def replay(self, part: str, from_id: int) -> list[str]:
        """Let a part hear everything again from an id on; return its subscriptions."""
        async with self._database.transaction() as transaction:
            subscriptions = await replay(transaction, part, from_id)
        self._ring()
        return subscriptions

    async def tidy(self) -> None:
        """Forget events that are older than their class of data is kept, and notes of no use."""
        now_ms = self._clock.unix_ms()
        for name, kind in self._types.items():
            if kind.kept_days is not None:
                async with self._database.transaction() as transaction:
                    await forget(transaction, name, now_ms - kind.kept_days * _DAY_MS)
        for subscription in self._subscriptions:
            await subscription.forget_handled()

    async def measure(self) -> None:
        """Set the gauges that say how far every subscription is behind, also one nobody serves."""
        names = {(each.part, each.name): each.event_names for each in self._subscriptions}
        async with self._database.reading() as transaction:
            found = await lags(transaction, names)
        now_ms = self._clock.unix_ms()
        for lag in found:
            labels = (lag.part, lag.subscription)
            self._metrics.events_behind.labels(*labels).set(lag.behind)
            self._metrics.events_waiting.labels(*labels).set(lag.waiting)
            age_ms = 0 if lag.oldest_ms is None else max(0, now_ms - lag.oldest_ms)
            self._metrics.events_lag.labels(*labels).set(age_ms / 1000)

    # --- inside ------------------------------------------------------------------------------

    async def _open(self) -> None:
        while self._opened < len(self._subscriptions):
            await self._subscriptions[self._opened].open()
            self._opened += 1

    def _ring(self, names: Collection[str] | None = None) -> None:
        """Wake those who hear events of these names, or everybody."""
        for subscription in self._subscriptions:
            if names is None or not subscription.event_names.isdisjoint(names):
                subscription.bell.set()

    async def _serve(self, subscription: Hearing, turns: Turns) -> None:
        name = f"bus {subscription.part}/{subscription.name}"
        while not self._stopping.is_set():
            subscription.bell.clear()
            try:
                while not subscription.alone or await turns.mine(name):
                    await subscription.deliver()
                    if self._stopping.is_set():
                        return
                    if not subscription.more:
                        break
            except Exception as error:
                log.exception("event_log_unreachable", **safe_error(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_S):
                    await subscription.bell.wait()

    async def _tidy_hourly(self) -> None:
        if self._clock.now() - self._tidied >= _TIDY_S:
            self._tidied = self._clock.now()
            await self.tidy()

    async def _again(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except Exception as error:
                log.exception("event_log_unreachable", **safe_error(error))
            await asyncio.sleep(_IDLE_S)


async def _cancel_late(serving: list[asyncio.Task[None]]) -> None:
    if serving:
        _, late = await asyncio.wait(serving, timeout=_STOP_WITHIN_S)
        for task in late:
            log.warning("handler_cancelled", task=task.get_name())
            task.cancel()
