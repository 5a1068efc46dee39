"""One look at the event log: where a subscription is and what is new to it, in one statement.

One statement sees one moment, so nothing that is committed beside it can be passed over. It is
built once a subscription: building it costs as much as running it.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, Self

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, select, true

from base.eventlog import CursorRow, EventRow, WaitingRow

BATCH = 50

_EVENT = (
    EventRow.id,
    EventRow.name,
    EventRow.version,
    EventRow.at_ms,
    EventRow.actor,
    EventRow.scope,
    EventRow.body,
)
_NEWEST = select(func.coalesce(func.max(EventRow.id), 0)).scalar_subquery()


class Logged(NamedTuple):
    """An event as the log has it."""

    id: int
    name: str
    version: int
    at_ms: int
    actor: str
    scope: str
    body: bytes


class Look(NamedTuple):
    """What one look finds."""

    last_id: int
    """Where the subscription is."""
    replays: int
    newest: int
    """The latest event of all, 0 before the first."""
    waiting: int
    """Events that failed, or wait behind one that did."""
    new: list[Logged]
    """The next events of its types."""

    @property
    def full(self) -> bool:
        """Whether there may be more that is new."""
        return len(self.new) == BATCH

    @property
    def reached(self) -> int:
        """Where the subscription is when all of these are behind it."""
        return self.new[-1].id if self.full else self.newest

    @classmethod
    def of(cls, rows: Sequence[Any]) -> Self:
        """Return what the statement's rows say: one an event, and one when there is no event."""
        last_id, replays, newest, waiting = rows[0][:4]
        new = [Logged._make(row[4:]) for row in rows if row[4] is not None]
        return cls(last_id, replays, newest, waiting, new)


def kept_look(part: str, subscription: str, names: Collection[str]) -> Select[*tuple[Any, ...]]:
    """Return the statement for a subscription whose cursor is kept."""
    mine = (CursorRow.part == part, CursorRow.subscription == subscription)
    new = _new(select(CursorRow.last_id).where(*mine).scalar_subquery(), names)
    waiting = (
        select(func.count())
        .where(WaitingRow.part == part, WaitingRow.subscription == subscription)
        .scalar_subquery()
    )
    return (
        select(CursorRow.last_id, CursorRow.replays, _NEWEST, waiting, new)
        .select_from(CursorRow)
        .outerjoin(new, true())
        .where(*mine)
        .order_by(new.c.id)
    )


def live_look(after: ColumnElement[int], names: Collection[str]) -> Select[*tuple[Any, ...]]:
    """Return the statement for one whose cursor is the parameter `after`."""
    new = _new(after, names)
    one = select(after.label("last_id")).subquery()
    return (
        select(one.c.last_id, literal(0), _NEWEST, literal(0), new)
        .select_from(one)
        .outerjoin(new, true())
        .order_by(new.c.id)
    )


def due(part: str, subscription: str, now_ms: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    """Return the statement for the first waiting event of each scope that is due.

    Its rows have the event's id, and the event, which is None when it is forgotten.
    """
    mine = (WaitingRow.part == part, WaitingRow.subscription == subscription)
    heads = select(func.min(WaitingRow.event_id)).where(*mine).group_by(WaitingRow.scope)
    return (
        select(WaitingRow.event_id, *_EVENT)
        .outerjoin(EventRow, EventRow.id == WaitingRow.event_id)
        .where(
            *mine,
            WaitingRow.due_ms <= now_ms,
            (WaitingRow.scope == "") | WaitingRow.event_id.in_(heads),
        )
        .order_by(WaitingRow.event_id)
        .limit(BATCH)
    )


def _new(after: ColumnElement[int], names: Collection[str]) -> Subquery:
    return (
        select(*_EVENT)
        .where(EventRow.id > after, EventRow.name.in_(sorted(names)))
        .order_by(EventRow.id)
        .limit(BATCH)
        .subquery()
    )
