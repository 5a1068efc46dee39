"""A live subscription: what is shown now, to who is here. Its cursor is in memory and ends with the process.

Every process hears every event: each has its own sockets and pages. Nothing is kept, so nobody who is
gone holds events back. What fails is tried again a few times, without regard to order: handlers show
what is so at that moment, and not what the event says.
"""

from typing import Any

from sqlalchemy import BigInteger, bindparam, delete

from base.event_look import Logged, Look, live_look
from base.eventlog import CursorRow, HandledRow, WaitingRow, newest_id
from base.hearing import Hearing

_TRIES = 4
_AGAIN_AT_MOST = 1000
"""Events that wait for another try; more are let go, the oldest first."""


class LiveSubscription(Hearing):
    """Hears what happens from its opening on."""

    alone = False

    def __init__(self, *what: Any) -> None:
        super().__init__(*what)
        self._last_id = 0
        self._query = live_look(bindparam("after", type_=BigInteger), self.event_names)
        self._again: list[tuple[Logged, int]] = []

    async def open(self) -> None:
        """Begin with what happens next."""
        async with self._database.transaction() as transaction:
            # One that was kept by an earlier version would hold back the forgetting of events.
            for table in (CursorRow, WaitingRow, HandledRow):
                await transaction.execute(
                    delete(table).where(table.part == self.part, table.subscription == self.name)
                )
            self._last_id = await newest_id(transaction)

    async def deliver(self) -> int:
        """Handle what failed before, then a batch of what is new; return how many were handled."""
        again, self._again = self._again, []
        handled = await self._hand_over(again)
        async with self._database.reading() as transaction:
            rows = (await transaction.execute(self._query, {"after": self._last_id})).all()
        look = Look.of(rows)
        self._last_id, self.more = look.reached, look.full
        return handled + await self._hand_over([(row, 1) for row in look.new])

    async def forget_handled(self) -> None:
        """Nothing is noted."""

    async def _hand_over(self, rows: list[tuple[Logged, int]]) -> int:
        handled = 0
        for row, tries in rows:
            if await self.handle(row):
                handled += 1
            elif tries < _TRIES:
                self._again = [*self._again, (row, tries + 1)][-_AGAIN_AT_MOST:]
        return handled
