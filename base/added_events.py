"""Events that were added to a transaction: written as its last thing, told of when it is committed.

put ── before the commit: written ── after it: rung for ── at its end, whichever: forgotten
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event, insert, text
from sqlalchemy.orm import Session, SessionTransaction

from base.eventlog import EventRow

RingBell = Callable[[set[str]], None]
"""Tells a bus the names of the events that are in the log now."""

_LOCK = 0x1_0CA11
"""PostgreSQL's advisory lock of whoever adds events."""
_KEY = "inkcall_events_added"
_INSERT = insert(EventRow.__table__).inline()  # type: ignore[arg-type]  # nobody asks for the ids


class _Added:
    """What waits in one transaction."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.rings: dict[RingBell, set[str]] = {}


def put(transaction: Session, row: dict[str, Any], ring: RingBell) -> None:
    """Let an event be written when the transaction commits, and `ring` be called after it."""
    if not transaction.in_transaction():
        # As `Session.add` does: only a transaction that has begun tells of its end.
        transaction.begin()
    added: _Added = transaction.info.setdefault(_KEY, _Added())
    added.rows.append(row)
    added.rings.setdefault(ring, set()).add(row["name"])


@event.listens_for(Session, "before_commit")
def _write(transaction: Session) -> None:
    """Write the events down.

    On PostgreSQL transactions that add events commit in the order of their ids, which are given before
    the commit: else a reader could pass an id whose transaction commits a moment later, and never hear
    of it. SQLite has one writer anyway. The lock is taken when all else is written: one who has it and
    waits for another's row, while that one waits for the lock, would wait for ever.
    """
    added: _Added | None = transaction.info.get(_KEY)
    # The end of a savepoint is not yet the last thing.
    if added is None or not added.rows or transaction.in_nested_transaction():
        return
    if transaction.get_bind().dialect.name == "postgresql":
        transaction.flush()
        transaction.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    rows, added.rows = added.rows, []
    transaction.execute(_INSERT, rows)


@event.listens_for(Session, "after_commit")
def _tell(transaction: Session) -> None:
    added: _Added | None = transaction.info.get(_KEY)
    if added is None or transaction.in_nested_transaction():
        return
    rings, added.rings = added.rings, {}
    for ring, names in rings.items():
        ring(names)


@event.listens_for(Session, "after_transaction_end")
def _forget(transaction: Session, ended: SessionTransaction) -> None:
    # What was rolled back must not be written by the next transaction of the same connection.
    if ended.parent is None:
        transaction.info.pop(_KEY, None)
