"""The bus: domain events, kept in the transaction of the change they tell of, delivered after it.

    change + event --one commit--> outbox table --dispatcher--> handlers (idempotent)

An event is marked as delivered after all its handlers returned. A crash in between, or a handler
that fails, means it is delivered again: handlers see an event at least once.
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    String,
    delete,
    event as sqlalchemy_event,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from base.clock import Clock
from base.db import Base, Database
from base.log import get_logger, safe_error
from base.metrics import Metrics

log = get_logger(__name__)

_BATCH = 50
_IDLE_S = 5.0
"""How often the table is looked at although nobody rang: for events that wait for their retry."""
_RETRY_S = (1, 5, 30, 120, 600)
"""Waits after the first, second… failure; the last one for all that follow."""

_PRUNE_S = 3600.0
_KEPT_MS = 7 * 86_400_000
"""Delivered events are kept a week, to look into what happened."""


class DomainEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in the past. Give each a name of its own: `class SessionEnded(DomainEvent, tag=...)`."""


class OutboxRow(Base):
    """An event that waits for delivery, or was delivered."""

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    # SQLite counts up by itself only what is plainly an INTEGER; its integers have 64 bits anyway.
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    delivered_ms: Mapped[int | None] = mapped_column(BigInteger, index=True)


E = TypeVar("E", bound=DomainEvent)
Handler = Callable[[Any], Awaitable[None]]


class Bus:
    """Takes events inside transactions and hands them to whoever subscribed."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics) -> None:
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._handlers: dict[str, list[Handler]] = {}
        self._types: dict[str, type[DomainEvent]] = {}
        self._bell = asyncio.Event()
        self._stopping = False

    def subscribe(self, event_type: type[E], handler: Callable[[E], Awaitable[None]]) -> None:
        """Let `handler` have every event of this type. It must bear to see one twice."""
        name = event_name(event_type)
        self._types[name] = event_type
        self._handlers.setdefault(name, []).append(handler)

    def add(self, session: AsyncSession, event: DomainEvent) -> None:
        """Keep `event` in the transaction of `session`; it is delivered once that is committed."""
        now_ms = self._clock.unix_ms()
        session.add(
            OutboxRow(
                name=event_name(type(event)),
                payload=msgspec.json.encode(event),
                created_ms=now_ms,
                due_ms=now_ms,
            )
        )
        sync = session.sync_session
        if not sqlalchemy_event.contains(sync, "after_commit", self._ring):
            sqlalchemy_event.listen(sync, "after_commit", self._ring)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver as long as the block runs, and what is left over from before first."""
        async with asyncio.TaskGroup() as group:
            self._stopping = False
            group.create_task(self._dispatch(), name="bus")
            try:
                yield
            finally:
                self._stopping = True
                self._bell.set()

    async def deliver(self) -> int:
        """Deliver what is due now; return how many events were delivered."""
        delivered = 0
        for row in await self._due():
            handlers = self._handlers.get(row.name, [])
            try:
                if handlers:
                    happened = msgspec.json.decode(row.payload, type=self._types[row.name])
                    for handler in handlers:
                        await handler(happened)
            # A failing handler is our own bug or a passing trouble; either way the event must not
            # be lost and the others must not wait for it.
            except Exception as error:
                self._metrics.outbox_failed.labels(row.name).inc()
                log.exception("event_not_delivered", event_id=row.id, **safe_error(error))
                await self._postpone(row.id)
            else:
                await self._mark(row.id)
                delivered += 1
        return delivered

    async def prune(self) -> None:
        """Forget what was delivered a week ago and more."""
        before_ms = self._clock.unix_ms() - _KEPT_MS
        async with self._database.session() as session:
            await session.execute(delete(OutboxRow).where(OutboxRow.delivered_ms < before_ms))

    def _ring(self, _session: object) -> None:
        self._bell.set()

    async def _dispatch(self) -> None:
        pruned = -math.inf
        while not self._stopping:
            self._bell.clear()
            try:
                if self._clock.now() - pruned >= _PRUNE_S:
                    pruned = self._clock.now()
                    await self.prune()
                while await self.deliver() == _BATCH:
                    pass
            except Exception as error:
                log.exception("outbox_unreachable", **safe_error(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_S):
                    await self._bell.wait()

    async def _due(self) -> list[OutboxRow]:
        query = (
            select(OutboxRow)
            .where(OutboxRow.delivered_ms.is_(None), OutboxRow.due_ms <= self._clock.unix_ms())
            .order_by(OutboxRow.id)
            .limit(_BATCH)
        )
        async with self._database.reading() as session:
            return list(await session.scalars(query))

    async def _mark(self, row_id: int) -> None:
        async with self._database.session() as session:
            row = await session.get_one(OutboxRow, row_id)
            row.delivered_ms = self._clock.unix_ms()

    async def _postpone(self, row_id: int) -> None:
        async with self._database.session() as session:
            row = await session.get_one(OutboxRow, row_id)
            wait = _RETRY_S[min(row.attempts, len(_RETRY_S) - 1)]
            row.attempts += 1
            row.due_ms = self._clock.unix_ms() + wait * 1000


def event_name(event_type: type[DomainEvent]) -> str:
    """Return the name an event type is kept under."""
    tag = event_type.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"{event_type.__name__} has no tag")
    return tag
