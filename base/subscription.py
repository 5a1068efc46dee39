"""One subscription: a cursor of its own, so that nobody waits for anybody else.

    events after the cursor ── handled ──────────────────────────> cursor
                            └─ fails, or one of its scope waits ─> event_waiting ── due ── handled

A batch's cursor and what waits are kept in one transaction after the handlers ran. A crash before it
means the batch is heard again: handlers are idempotent (`base.eventlog.first_time`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, delete, func, or_, select

from base.clock import Clock
from base.db import Database
from base.eventlog import CursorRow, EventRow, WaitingRow, forget_handled, newest_id
from base.events import DomainEvent, Envelope, event_name
from base.log import get_logger, safe_error
from base.metrics import Metrics

log = get_logger(__name__)

BATCH = 50
_NOTED_EVERY = 1000
"""Events for others that are passed over before the cursor is written down."""
_RETRY_S = (1, 5, 30, 120, 600)
"""Waits after the first, second… failure; the last one for all that follow."""

Handler = Callable[[Envelope[Any]], Awaitable[None]]
Start = Literal["beginning", "now"]


class Subscription:
    """Hands events of some types to their handlers, in order of each scope."""

    def __init__(
        self,
        part: str,
        name: str,
        handlers: Mapping[type[DomainEvent], Handler],
        start: Start,
        database: Database,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.part = part
        self.name = name
        self.bell = asyncio.Event()
        self.more = False
        """True when the last batch was full."""
        self._handlers = {event_name(kind): (kind, each) for kind, each in handlers.items()}
        self._start = start
        self._database = database
        self._clock = clock
        self._metrics = metrics

    @property
    def event_names(self) -> frozenset[str]:
        """What it hears."""
        return frozenset(self._handlers)

    async def open(self) -> None:
        """Make the cursor if this subscription is new; `start` counts only then."""
        async with self._database.transaction() as transaction:
            if await transaction.get(CursorRow, (self.part, self.name)) is None:
                last_id = await newest_id(transaction) if self._start == "now" else 0
                transaction.add(
                    CursorRow(part=self.part, subscription=self.name, last_id=last_id, replays=0)
                )

    async def deliver(self) -> int:
        """Handle what waits and is due, then a batch of what is new; return how many were handled."""
        return await self._deliver_waiting() + await self._deliver_new()

    async def forget_handled(self) -> None:
        """Forget what idempotent handlers noted and nobody can ask for again."""
        async with self._database.transaction() as transaction:
            await forget_handled(transaction, self.part, self.name)

    # --- new ---------------------------------------------------------------------------------

    async def _deliver_new(self) -> int:
        async with self._database.reading() as transaction:
            cursor = await transaction.get_one(CursorRow, (self.part, self.name))
            before, replays = cursor.last_id, cursor.replays
            # Read first: what is committed between the two questions must not be passed over.
            newest = await newest_id(transaction)
            query = (
                select(EventRow)
                .where(
                    EventRow.id > before,
                    EventRow.id <= newest,
                    EventRow.name.in_(self._handlers),
                )
                .order_by(EventRow.id)
                .limit(BATCH)
            )
            rows = list(await transaction.scalars(query))
            held = set(await transaction.scalars(select(WaitingRow.scope).where(*self._mine())))
        self.more = len(rows) == BATCH
        reached = rows[-1].id if self.more else newest
        # Events for others are passed over; noting that each time would be a commit an event.
        if not rows and reached - before < _NOTED_EVERY:
            return 0
        handled, waiting = 0, []
        for row in rows:
            # Without a scope there is no order to keep.
            if row.scope and row.scope in held:
                waiting.append(self._waiting(row, attempts=0))
            elif await self._handle(row):
                handled += 1
            else:
                held.add(row.scope)
                waiting.append(self._waiting(row, attempts=1))
        await self._advance(replays, reached, waiting)
        return handled

    async def _advance(self, replays: int, reached: int, waiting: list[WaitingRow]) -> None:
        async with self._database.transaction() as transaction:
            cursor = await transaction.get_one(CursorRow, (self.part, self.name))
            # A replay moved it back meanwhile: then all this comes again.
            if cursor.replays == replays:
                cursor.last_id = reached
                transaction.add_all(waiting)

    def _waiting(self, row: EventRow, attempts: int) -> WaitingRow:
        wait_s = _RETRY_S[0] if attempts else 0
        return WaitingRow(
            part=self.part,
            subscription=self.name,
            event_id=row.id,
            scope=row.scope,
            attempts=attempts,
            due_ms=self._clock.unix_ms() + wait_s * 1000,
        )

    # --- waiting -----------------------------------------------------------------------------

    async def _deliver_waiting(self) -> int:
        """Try the first waiting event of each scope, if it is due."""
        heads = (
            select(func.min(WaitingRow.event_id)).where(*self._mine()).group_by(WaitingRow.scope)
        )
        query = (
            select(WaitingRow, EventRow)
            .outerjoin(EventRow, EventRow.id == WaitingRow.event_id)
            .where(
                *self._mine(),
                WaitingRow.due_ms <= self._clock.unix_ms(),
                or_(WaitingRow.scope == "", WaitingRow.event_id.in_(heads)),
            )
            .order_by(WaitingRow.event_id)
            .limit(BATCH)
        )
        async with self._database.reading() as transaction:
            found: Sequence[Any] = (await transaction.execute(query)).all()
        due: list[tuple[WaitingRow, EventRow | None]] = [tuple(each) for each in found]
        handled = 0
        for each, row in due:
            if row is None or await self._handle(row):
                await self._done(each)
                handled += 1
            else:
                await self._postpone(each)
        return handled

    async def _done(self, each: WaitingRow) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                delete(WaitingRow).where(*self._mine(), WaitingRow.event_id == each.event_id)
            )

    async def _postpone(self, each: WaitingRow) -> None:
        async with self._database.transaction() as transaction:
            row = await transaction.get(WaitingRow, (self.part, self.name, each.event_id))
            if row is not None:
                wait_s = _RETRY_S[min(row.attempts, len(_RETRY_S) - 1)]
                row.attempts += 1
                row.due_ms = self._clock.unix_ms() + wait_s * 1000

    def _mine(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return WaitingRow.part == self.part, WaitingRow.subscription == self.name

    # --- one event ---------------------------------------------------------------------------

    async def _handle(self, row: EventRow) -> bool:
        kind, handler = self._handlers[row.name]
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
