"""One who hears events: what subscriptions have in common, whether their cursors are kept or not."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from base.clock import Clock
from base.db import Database
from base.eventlog import EventRow
from base.events import DomainEvent, Envelope, event_name
from base.log import get_logger, safe_error
from base.metrics import Metrics

log = get_logger(__name__)

BATCH = 50

Handler = Callable[[Envelope[Any]], Awaitable[None]]


class Hearing(ABC):
    """Hands events of some types to their handlers."""

    alone = True
    """Whether one process of those on a database serves it, and not each."""

    def __init__(
        self,
        part: str,
        name: str,
        handlers: Mapping[type[DomainEvent], Handler],
        database: Database,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.part = part
        self.name = name
        self.bell = asyncio.Event()
        self.more = False
        """True when the last batch was full."""
        self.handlers = {event_name(kind): (kind, each) for kind, each in handlers.items()}
        self._database = database
        self._clock = clock
        self._metrics = metrics

    @property
    def event_names(self) -> frozenset[str]:
        """What it hears."""
        return frozenset(self.handlers)

    @abstractmethod
    async def open(self) -> None:
        """Find the place to begin at."""

    @abstractmethod
    async def deliver(self) -> int:
        """Handle what is due, at most a batch of what is new; return how many were handled."""

    @abstractmethod
    async def forget_handled(self) -> None:
        """Forget what idempotent handlers noted and nobody can ask for again."""

    async def batch(self, transaction: AsyncSession, after: int, newest: int) -> list[EventRow]:
        """Return the next events of its types, at most `BATCH`, and set `more`."""
        query = (
            select(EventRow)
            .where(
                EventRow.id > after, EventRow.id <= newest, EventRow.name.in_(list(self.handlers))
            )
            .order_by(EventRow.id)
            .limit(BATCH)
        )
        rows = list(await transaction.scalars(query))
        self.more = len(rows) == BATCH
        return rows

    async def handle(self, row: EventRow) -> bool:
        """Hand one event over; false when the handler failed, which is logged and counted."""
        kind, handler = self.handlers[row.name]
        try:
            envelope = Envelope[Any](
                id=row.id,
                name=row.name,
                version=row.version,
                at_ms=row.at_ms,
                actor=row.actor,
                scope=row.scope,
                event=msgspec.json.decode(row.body, type=kind),
                to=f"{self.part}/{self.name}",
            )
            await handler(envelope)
        # A failing handler is our own bug or a passing trouble; either way the event must not be
        # lost and no other scope must wait for it.
        except Exception as error:
            self._metrics.events_failed.labels(self.part, self.name).inc()
            log.exception(
                "event_not_handled",
                event_id=row.id,
                part=self.part,
                subscription=self.name,
                **safe_error(error),
            )
            return False
        return True
