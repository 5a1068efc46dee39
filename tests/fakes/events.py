"""Events that happen in tests, one who listens to them, and waiting for a lock."""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import text

from base.events import DomainEvent, Envelope
from tests.fakes.services import Kept


class Happened(DomainEvent, tag="test_happened", frozen=True, kw_only=True):
    about: ClassVar[tuple[str, str]] = ("thing", "thing")
    kept_days: ClassVar[int | None] = 7

    what: str
    thing: str = "t"


class Other(DomainEvent, tag="test_other", frozen=True, kw_only=True):
    pass


async def publish(services: Kept, *events: DomainEvent) -> None:
    async with services.database.transaction() as transaction:
        for event in events:
            services.bus.add(transaction, event, actor="p_1")


class Listener:
    """Notes what it was told; fails as often as asked, or always for some."""

    def __init__(self, failures: int = 0, never: str = "") -> None:
        self.heard: list[str] = []
        self.failures = failures
        self.never = never
        self.envelopes: list[Envelope[Happened]] = []
        self.any = asyncio.Event()

    async def __call__(self, envelope: Envelope[Happened]) -> None:
        if self.failures or envelope.event.what == self.never:
            self.failures = max(0, self.failures - 1)
            raise RuntimeError("not now")
        self.heard.append(envelope.event.what)
        self.envelopes.append(envelope)
        self.any.set()

    @property
    def handlers(self) -> Mapping[type[Happened], Any]:
        return {Happened: self}


async def until_somebody_waits_for_a_lock(services: Kept) -> None:
    """On PostgreSQL, until a transaction waits for another's."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with asyncio.timeout(10):
        while True:
            async with services.database.reading() as transaction:
                if await transaction.scalar(waiting):
                    return
            await asyncio.sleep(0)
