"""One who hears events: what subscriptions have in common, whether their cursors are kept or not."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from base.clock import Clock
from base.db import Database
from base.event_look import Logged
from base.events import DomainEvent, Envelope, event_name
from base.log import get_logger, safe_error
from base.metrics import Metrics

log = get_logger(__name__)

EventHandler = Callable[[Envelope[Any]], Awaitable[None]]


class Hearing(ABC):
    """Hands events of some types to their handlers."""

    alone = True
    """Whether one process of those on a database serves it, and not each."""

    def __init__(
        self,
        part: str,
        name: str,
        handlers: Mapping[type[DomainEvent], EventHandler],
        database: Database,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.part = part
        self.name = name
        self.bell = asyncio.Event()
        self.more = False
        """Whether another delivery at once would find something to do."""
        self.handlers = {event_name(kind): (kind, each) for kind, each in handlers.items()}
        self.event_names = frozenset(self.handlers)
        """What it hears."""
        self._database = database
        self._clock = clock
        self._metrics = metrics

    @abstractmethod
    async def open(self) -> None:
        """Find the place to begin at."""

    @abstractmethod
    async def deliver(self) -> int:
        """Handle what is due, at most a batch of what is new; return how many were handled."""

    @abstractmethod
    async def forget_handled(self) -> None:
        """Forget what idempotent handlers noted and nobody can ask for again."""

    async def handle(self, row: Logged) -> bool:
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
