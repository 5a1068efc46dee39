"""One subscription: a cursor of its own, so that nobody waits for anybody else.

    events after the cursor ── handled ──────────────────────────> cursor
                            └─ fails, or one of its scope waits ─> event_waiting ── due ── handled

A batch's cursor and what waits are kept in one transaction after the handlers ran. A crash before it
means the batch is heard again: handlers are idempotent (`base.eventlog.first_time`).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select

from base.eventlog import (
    CursorRow,
    EventRow,
    WaitingRow,
    forget_handled,
    make_cursor,
    newest_id,
)
from base.hearing import BATCH, Hearing

_NOTED_EVERY = 1000
"""Events for others that are passed over before the cursor is written down."""
_RETRY_S = (1, 5, 30, 120, 600)
"""Waits after the first, second… failure; the last one for all that follow."""


class Subscription(Hearing):
    """Hears everything that is kept, in order of each scope; where it is, is kept too."""

    async def open(self) -> None:
        """Make the cursor if this subscription is new."""
        async with self._database.transaction() as transaction:
            await make_cursor(transaction, self.part, self.name)

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
            rows = await self.batch(transaction, before, newest)
            held = set(await transaction.scalars(select(WaitingRow.scope).where(*self._mine())))
        reached = rows[-1].id if self.more else newest
        # Events for others are passed over; noting that each time would be a commit an event.
        if not rows and reached - before < _NOTED_EVERY:
            return 0
        handled, waiting = 0, []
        for row in rows:
            # Without a scope there is no order to keep.
            if row.scope and row.scope in held:
                waiting.append(self._waiting(row, attempts=0))
            elif await self.handle(row):
                handled += 1
            else:
                held.add(row.scope)
                waiting.append(self._waiting(row, attempts=1))
        await self._advance(before, replays, reached, waiting)
        return handled

    async def _advance(
        self, before: int, replays: int, reached: int, waiting: list[WaitingRow]
    ) -> None:
        key = (self.part, self.name)
        async with self._database.transaction() as transaction:
            cursor = await transaction.get_one(CursorRow, key, with_for_update=True)
            # A replay moved it back meanwhile: then all this comes again. Or another process went on
            # from where we were, having taken us for dead: then what failed waits by its hand.
            if (cursor.last_id, cursor.replays) == (before, replays):
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
            if row is None or await self.handle(row):
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
            key = (self.part, self.name, each.event_id)
            row = await transaction.get(WaitingRow, key, with_for_update=True)
            if row is not None:
                wait_s = _RETRY_S[min(row.attempts, len(_RETRY_S) - 1)]
                row.attempts += 1
                row.due_ms = self._clock.unix_ms() + wait_s * 1000

    def _mine(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return WaitingRow.part == self.part, WaitingRow.subscription == self.name
