"""Writes domain events soon and in order, for what happens outside of any transaction.

    write_soon ──> queue, bounded ──a batch──> one transaction ──> event log
                     └<── cannot be written: kept, and tried again ──┘

Nobody waits for it. A crash loses what was not yet written; an event that is written with a change
of the database belongs into that change's transaction instead (`Bus.add`).
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

from base.bus import Bus
from base.clock import Clock
from base.db import Database
from base.events import DomainEvent, event_name, scope_of
from base.log import get_logger, safe_error
from base.metrics import Metrics

log = get_logger(__name__)

AT_MOST = 10_000
"""Events that wait to be written; what comes above that is lost, and counted."""
_BATCH = 200
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_LAST_WRITE_S = 5.0
"""How long going down waits for what is left to be written."""


class EventWriter:
    """A queue of events in front of the event log."""

    def __init__(
        self,
        bus: Bus,
        database: Database,
        clock: Clock,
        metrics: Metrics,
        first_wait_s: float = _FIRST_WAIT_S,
    ) -> None:
        self._bus = bus
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._first_wait_s = first_wait_s
        self._queue: deque[tuple[DomainEvent, int, str]] = deque()
        self._bell = asyncio.Event()
        self._stopping = asyncio.Event()

    def write_soon(self, event: DomainEvent, *, actor: str = "") -> None:
        """Write `event`, as of now, after those given before; never waits and never raises."""
        if len(self._queue) >= AT_MOST:
            self._metrics.events_lost.inc()
            log.error("event_lost", event_name=event_name(type(event)), scope=scope_of(event))
            return
        self._queue.append((event, self._clock.unix_ms(), actor))
        self._bell.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write as long as the block runs, and what is left when it is left."""
        self._stopping.clear()
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(self._serve(), name="event writer")
            try:
                yield
            finally:
                self._stopping.set()
                self._bell.set()
                # A database that hangs must not keep the process from ending.
                await asyncio.wait({writing}, timeout=_LAST_WRITE_S)
                writing.cancel()
        if self._queue:
            self._metrics.events_lost.inc(len(self._queue))
            log.error("events_lost", events=len(self._queue))

    # --- inside ------------------------------------------------------------------------------

    async def _serve(self) -> None:
        wait_s = self._first_wait_s
        while not self._stopping.is_set():
            self._bell.clear()
            if await self._write_all():
                wait_s = self._first_wait_s
                await self._bell.wait()
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._stopping.wait()
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
        await self._write_all()

    async def _write_all(self) -> bool:
        """Write what waits; tell whether all of it could be."""
        try:
            while self._queue:
                await self._write_batch()
        # Whatever it is, the events are still here and nobody else may suffer from it.
        except Exception as error:
            self._metrics.event_writes_failed.inc()
            log.exception("events_not_written", waiting=len(self._queue), **safe_error(error))
            return False
        return True

    async def _write_batch(self) -> None:
        batch = [self._queue[n] for n in range(min(_BATCH, len(self._queue)))]
        async with self._database.transaction() as transaction:
            for event, at_ms, actor in batch:
                self._bus.add(transaction, event, actor=actor, at_ms=at_ms)
        # Only now, after the commit: what could not be written is tried again.
        for _ in batch:
            self._queue.popleft()
