"""The event log's tables, and what is done to them: what happened, who has heard how much of it.

events          what happened, in order; never changed
event_cursors   one row a subscription: everything up to here was heard, or waits in
event_waiting   what failed, and what came after it in the same scope
event_handled   what an idempotent handler has done already, by envelope
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, LargeBinary, String, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base
from base.events import DomainEvent, Envelope

ID = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up by itself only in a column of type INTEGER."""


class EventRow(Base):
    """One event that happened."""

    __tablename__ = "events"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), index=True)
    version: Mapped[int] = mapped_column(Integer)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(String(128), index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class CursorRow(Base):
    """How far one subscription of one part has come."""

    __tablename__ = "event_cursors"

    part: Mapped[str] = mapped_column(String(64), primary_key=True)
    subscription: Mapped[str] = mapped_column(String(64), primary_key=True)
    last_id: Mapped[int] = mapped_column(BigInteger)
    replays: Mapped[int] = mapped_column(Integer)
    """How often it was moved back: a batch that was under way must not move it on again."""


class WaitingRow(Base):
    """An event that a subscription could not handle, or that is behind one of the same scope."""

    __tablename__ = "event_waiting"

    part: Mapped[str] = mapped_column(String(64), primary_key=True)
    subscription: Mapped[str] = mapped_column(String(64), primary_key=True)
    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    scope: Mapped[str] = mapped_column(String(128))
    attempts: Mapped[int] = mapped_column(Integer)
    due_ms: Mapped[int] = mapped_column(BigInteger)


class HandledRow(Base):
    """An envelope whose consequence is in the database already."""

    __tablename__ = "event_handled"

    part: Mapped[str] = mapped_column(String(64), primary_key=True)
    subscription: Mapped[str] = mapped_column(String(64), primary_key=True)
    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


async def first_time(transaction: AsyncSession, envelope: Envelope[DomainEvent]) -> bool:
    """Tell whether an envelope is handled for the first time, and note that it is.

    For idempotent handlers: call it in the transaction of the consequence, and do nothing when it says
    false. Either both are kept or neither.
    """
    part, _, subscription = envelope.to.partition("/")
    key = {"part": part, "subscription": subscription, "event_id": envelope.id}
    note = _insert(transaction)(HandledRow).values(key).on_conflict_do_nothing()
    done: Any = await transaction.execute(note)
    return bool(done.rowcount)


async def newest_id(transaction: AsyncSession) -> int:
    """Return the id of the latest event, 0 before the first."""
    return await transaction.scalar(select(func.max(EventRow.id))) or 0


async def make_cursor(transaction: AsyncSession, part: str, subscription: str) -> None:
    """Make the cursor of a subscription that has none; two processes may do so at once."""
    new = {"part": part, "subscription": subscription, "last_id": 0, "replays": 0}
    await transaction.execute(_insert(transaction)(CursorRow).values(new).on_conflict_do_nothing())


async def replay(transaction: AsyncSession, part: str, from_id: int) -> list[str]:
    """Let a part hear everything again from an id on; return its subscriptions.

    What its idempotent handlers noted from there on is forgotten, so that they do it again: a part that
    is to be rebuilt empties its own tables first. What waits stays waiting, unless it comes again.
    """
    for table in (HandledRow, WaitingRow):
        await transaction.execute(
            delete(table).where(table.part == part, table.event_id >= from_id)
        )
    back = max(0, from_id - 1)
    await transaction.execute(
        update(CursorRow)
        .where(CursorRow.part == part)
        .values(
            last_id=case((CursorRow.last_id > back, back), else_=CursorRow.last_id),
            replays=CursorRow.replays + 1,
        )
    )
    found = await transaction.scalars(select(CursorRow.subscription).where(CursorRow.part == part))
    return sorted(found)


async def drop(transaction: AsyncSession, part: str) -> list[str]:
    """Forget how far a part's subscriptions have come and what waits for them; return their names.

    For a part that is gone: its cursors would keep every event of theirs for ever. One that is served
    after all hears everything from the beginning.
    """
    names = sorted(
        await transaction.scalars(select(CursorRow.subscription).where(CursorRow.part == part))
    )
    for table in (HandledRow, WaitingRow, CursorRow):
        await transaction.execute(delete(table).where(table.part == part))
    return names


async def forget(transaction: AsyncSession, name: str, before_ms: int) -> None:
    """Delete events of a name that are older and that every subscription has behind it."""
    heard = select(func.min(CursorRow.last_id)).scalar_subquery()
    waiting = select(WaitingRow.event_id)
    await transaction.execute(
        delete(EventRow).where(
            EventRow.name == name,
            EventRow.at_ms < before_ms,
            EventRow.id <= func.coalesce(heard, EventRow.id),
            EventRow.id.not_in(waiting),
        )
    )


async def forget_handled(transaction: AsyncSession, part: str, subscription: str) -> None:
    """Delete the notes of idempotent handlers that can never be asked for again."""
    cursor = await transaction.get(CursorRow, (part, subscription))
    if cursor is None:
        return
    waiting = select(WaitingRow.event_id).where(
        WaitingRow.part == part, WaitingRow.subscription == subscription
    )
    await transaction.execute(
        delete(HandledRow).where(
            HandledRow.part == part,
            HandledRow.subscription == subscription,
            HandledRow.event_id <= cursor.last_id,
            HandledRow.event_id.not_in(waiting),
        )
    )


class Lag(NamedTuple):
    """How far a subscription is behind."""

    part: str
    subscription: str
    behind: int
    """Events that are new to it."""
    waiting: int
    """Events that failed, or wait behind one that did."""
    oldest_ms: int | None
    """When the oldest of all these happened, Unix; None when there is none."""


async def lags(
    transaction: AsyncSession, names: Mapping[tuple[str, str], Collection[str]]
) -> list[Lag]:
    """Return how far every subscription is behind; `names` says what those that are served hear.

    One that is not served, of an older version or another process, is measured against all events.
    """
    found = []
    for cursor in list(await transaction.scalars(select(CursorRow))):
        key = (cursor.part, cursor.subscription)
        new = select(func.count(), func.min(EventRow.at_ms)).where(EventRow.id > cursor.last_id)
        if key in names:
            new = new.where(EventRow.name.in_(names[key]))
        held = (
            select(func.count(), func.min(EventRow.at_ms))
            .select_from(WaitingRow)
            .outerjoin(EventRow, EventRow.id == WaitingRow.event_id)
            .where(WaitingRow.part == key[0], WaitingRow.subscription == key[1])
        )
        behind, new_ms = (await transaction.execute(new)).one()
        waiting, waiting_ms = (await transaction.execute(held)).one()
        found.append(Lag(*key, behind, waiting, _oldest(new_ms, waiting_ms)))
    return found


def _insert(transaction: AsyncSession) -> Any:
    """Return the INSERT of its database, which knows `on_conflict_do_nothing`."""
    dialect = transaction.get_bind().dialect.name
    return postgresql.insert if dialect == "postgresql" else sqlite.insert


def _oldest(*times_ms: int | None) -> int | None:
    return min((each for each in times_ms if each is not None), default=None)
