"""One subscription: a cursor of its own, so that nobody waits for anybody else.

    events after the cursor ── handled ──────────────────────────> cursor
                            └─ fails, or one of its scope waits ─> event_waiting ── due ── handled

A batch's cursor and what waits are kept in one transaction after the handlers ran. A crash before it
means the batch is heard again: handlers are idempotent (`base.eventlog.first_time`).
"""

from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, select, update

from base.event_look import Logged, Look, due, kept_look
from base.eventlog import CursorRow, WaitingRow, forget_handled, make_cursor
from base.hearing import Hearing
from base.log import get_logger

log = get_logger(__name__)

_NOTED_EVERY = 1000
"""Events for others that are passed over before the cursor is written down."""
_RETRY_S = (1, 5, 30, 120, 600)
"""Waits after the first, second… failure; the last one for all that follow."""


class Subscription(Hearing):
    """Hears everything that is kept, in order of each scope; where it is, is kept too."""

    def __init__(self, *what: Any) -> None:
        super().__init__(*what)
        self._mine = (WaitingRow.part == self.part, WaitingRow.subscription == self.name)
        self._query = kept_look(self.part, self.name, self.event_names)
        self._due_query = due(self.part, self.name, bindparam("now", type_=BigInteger))

    async def open(self) -> None:
        """Make the cursor if this subscription is new."""
        async with self._database.transaction() as transaction:
            await make_cursor(transaction, self.part, self.name)

    async def deliver(self) -> int:
        """Handle what waits and is due, then a batch of what is new; return how many were handled."""
        look, held = await self._look()
        handled = 0
        if look.waiting and (waiting := await self._due()):
            handled = await self._try_again(waiting)
            # What was handled holds nobody back any more.
            look, held = await self._look()
        # Behind one that was handled the next of its scope is due.
        self.more = look.full or bool(handled)
        return handled + await self._deliver_new(look, held)

    async def forget_handled(self) -> None:
        """Forget what idempotent handlers noted and nobody can ask for again."""
        async with self._database.transaction() as transaction:
            await forget_handled(transaction, self.part, self.name)

    # --- new ---------------------------------------------------------------------------------

    async def _look(self) -> tuple[Look, set[str]]:
        """Look at the log; return also the scopes that are held up."""
        async with self._database.reading() as transaction:
            if rows := (await transaction.execute(self._query)).all():
                look = Look.of(rows)
                if not look.waiting:
                    return look, set()
                held = await transaction.scalars(select(WaitingRow.scope).where(*self._mine))
                return look, set(held)
        # `inkcall events drop`, although the part is served: it hears everything.
        log.warning("cursor_was_dropped", part=self.part, subscription=self.name)
        await self.open()
        return await self._look()

    async def _deliver_new(self, look: Look, held: set[str]) -> int:
        # Events for others are passed over; noting that each time would be a commit an event.
        if not look.new and look.reached - look.last_id < _NOTED_EVERY:
            return 0
        handled, waiting = 0, []
        for row in look.new:
            # Without a scope there is no order to keep.
            if row.scope and row.scope in held:
                waiting.append(self._waiting(row, attempts=0))
            elif await self.handle(row):
                handled += 1
            else:
                held.add(row.scope)
                waiting.append(self._waiting(row, attempts=1))
        if not await self._advance(look, waiting):
            self.more = True
        return handled

    async def _advance(self, look: Look, waiting: list[WaitingRow]) -> bool:
        """Note that all this is behind; false when somebody moved the cursor meanwhile."""
        step = (
            update(CursorRow)
            .where(CursorRow.part == self.part, CursorRow.subscription == self.name)
            # A replay moved it back meanwhile: then all this comes again. Or another process went on
            # from where we were, having taken us for dead: then what failed waits by its hand.
            .where(CursorRow.last_id == look.last_id, CursorRow.replays == look.replays)
            .values(last_id=look.reached)
            .execution_options(synchronize_session=False)
        )
        async with self._database.transaction() as transaction:
            done: Any = await transaction.execute(step)
            moved = bool(done.rowcount)
            if moved:
                transaction.add_all(waiting)
        return moved

    def _waiting(self, row: Logged, attempts: int) -> WaitingRow:
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

    async def _due(self) -> list[tuple[int, Logged | None]]:
        """Return the first waiting event of each scope, if it is due."""
        async with self._database.reading() as transaction:
            found = (
                await transaction.execute(self._due_query, {"now": self._clock.unix_ms()})
            ).all()
        return [(row[0], None if row[1] is None else Logged._make(row[1:])) for row in found]

    async def _try_again(self, waiting: list[tuple[int, Logged | None]]) -> int:
        handled = 0
        for event_id, row in waiting:
            if row is None or await self.handle(row):
                await self._done(event_id)
                handled += 1
            else:
                await self._postpone(event_id)
        return handled

    async def _done(self, event_id: int) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                delete(WaitingRow).where(*self._mine, WaitingRow.event_id == event_id)
            )

    async def _postpone(self, event_id: int) -> None:
        async with self._database.transaction() as transaction:
            key = (self.part, self.name, event_id)
            row = await transaction.get(WaitingRow, key, with_for_update=True)
            if row is not None:
                wait_s = _RETRY_S[min(row.attempts, len(_RETRY_S) - 1)]
                row.attempts += 1
                row.due_ms = self._clock.unix_ms() + wait_s * 1000
