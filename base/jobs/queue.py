"""The queue of jobs, as callers see it: enqueue in a transaction of theirs, look, wait, cancel.

    change + job --one commit--> jobs table --worker--> program --finishing step--> result

A job is done at least once and finished exactly once: see `model.py` for its states.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Select, event as sqlalchemy_event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from base.clock import Clock
from base.db import Database
from base.ids import new_id
from base.jobs.model import ENDED, LIVE, JobKind, State, after
from base.jobs.tables import LIVE_KEY, JobRow

_LOOK_S = 1.0
"""How often one who waits looks at a job that another process may be working on."""

Finish = Callable[[Any, Any, Path], None]
"""Puts what is in the folder in its place: `finish(payload, result, folder)`, in a thread. It may be
called again after a crash, and what it puts must appear whole or not at all."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a job."""

    job: str
    kind: str
    owner: str
    state: State
    progress: int
    text: str
    attempts: int
    result: Any
    error: str | None
    created_ms: int
    ended_ms: int | None

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Registered:
    """A kind of work and its finishing step."""

    kind: JobKind
    finish: Finish | None


class Jobs:
    """Takes jobs inside transactions and tells what became of them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.kinds: dict[str, Registered] = {}
        self.bell = asyncio.Event()
        """Rung when there may be something to claim."""
        self._watched: dict[str, set[asyncio.Event]] = {}

    def register(self, kind: JobKind, finish: Finish | None = None) -> None:
        """Make a kind known, before its first job is enqueued."""
        if kind.name in self.kinds:
            raise ValueError(f"the kind {kind.name} is registered already")
        self.kinds[kind.name] = Registered(kind, finish)
        self.bell.set()

    def is_shared(self, job: "Job") -> bool:
        """Tell whether a job is not its owner's alone. A job whose kind nobody brings any more is."""
        known = self.kinds.get(job.kind)
        return known is not None and known.kind.shared

    async def enqueue(
        self,
        transaction: AsyncSession,
        kind: str,
        payload: Any,
        *,
        owner: str = "",
        key: str | None = None,
    ) -> str:
        """Keep a job in the transaction of the caller; return its id.

        With a key there is one queued or running job for it: asked again, its id is returned.
        """
        if kind not in self.kinds:
            raise ValueError(f"no kind {kind} is registered")
        now_ms = self.clock.unix_ms()
        values = {
            "id": new_id("j"),
            "kind": kind,
            "key": key,
            "owner": owner,
            "payload": msgspec.json.encode(payload),
            "state": "queued",
            "attempts": 0,
            "due_ms": now_ms,
            "progress": 0,
            "text": "",
            "created_ms": now_ms,
        }
        self._ring_after(transaction)
        while True:
            # Two processes at once: the second insert waits for the first's commit, then does nothing.
            kept = await transaction.execute(
                _insert(transaction).values(values).returning(JobRow.id)
            )
            mine: str | None = kept.scalar()
            if mine is not None:
                return mine
            # None: the other one ended between the two statements.
            theirs = await transaction.scalar(_live(kind, key))
            if theirs is not None:
                return theirs

    async def live(self, kind: str, key: str) -> str | None:
        """Return the queued or running job with a key, None if there is none."""
        async with self.database.reading() as transaction:
            job: str | None = await transaction.scalar(_live(kind, key))
            return job

    async def count_live(self, kind: str) -> int:
        """Return how many jobs of a kind are queued or running."""
        query = select(func.count()).where(JobRow.kind == kind, JobRow.state.in_(LIVE))
        async with self.database.reading() as transaction:
            return await transaction.scalar(query) or 0

    async def get(self, job: str) -> Job | None:
        """Return a job, None if there is none."""
        async with self.database.reading() as transaction:
            row = await transaction.get(JobRow, job)
            return _shown(row) if row is not None else None

    async def wait(self, job: str) -> Job:
        """Return the job once it has ended. Raises `LookupError` if there is none."""
        with self.watching(job) as changed:
            while True:
                changed.clear()
                shown = await self.get(job)
                if shown is None:
                    raise LookupError(job)
                if shown.ended:
                    return shown
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await changed.wait()

    async def cancel(self, job: str) -> Job | None:
        """Cancel a job: at once if it waits; if it runs, its program will be ended.

        Returns the job as it is then; one that has ended stays as it was.
        """
        async with self.database.transaction() as transaction:
            row = await transaction.get(JobRow, job, with_for_update=True)
            if row is None:
                return None
            to = after(_state(row.state), "cancel")
            if to is not None:
                row.state = to
                # Of an attempt before: it is not why the job ends.
                row.error = None
                row.ended_ms = self.clock.unix_ms() if to in ENDED else None
        self.changed(job)
        return _shown(row)

    async def counts(self) -> dict[tuple[str, str], int]:
        """Return how many jobs there are by (kind, state)."""
        query = select(JobRow.kind, JobRow.state, func.count()).group_by(JobRow.kind, JobRow.state)
        async with self.database.reading() as transaction:
            return {(kind, state): count for kind, state, count in await transaction.execute(query)}

    @contextlib.contextmanager
    def watching(self, job: str) -> Iterator[asyncio.Event]:
        """Hear of changes of a job that are made in this process."""
        event = asyncio.Event()
        self._watched.setdefault(job, set()).add(event)
        try:
            yield event
        finally:
            self._watched[job].discard(event)
            if not self._watched[job]:
                del self._watched[job]

    def changed(self, job: str) -> None:
        """Let those who watch a job look at it."""
        for event in self._watched.get(job, ()):
            event.set()

    def _ring_after(self, transaction: AsyncSession) -> None:
        sync = transaction.sync_session
        if not sqlalchemy_event.contains(sync, "after_commit", self._ring):
            sqlalchemy_event.listen(sync, "after_commit", self._ring)

    def _ring(self, _session: object) -> None:
        self.bell.set()


def _live(kind: str, key: str | None) -> Select[str]:
    return select(JobRow.id).where(JobRow.kind == kind, JobRow.key == key, JobRow.state.in_(LIVE))


def _insert(transaction: AsyncSession) -> Any:
    dialect = transaction.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(JobRow).on_conflict_do_nothing(
        index_elements=["kind", "key"], index_where=LIVE_KEY
    )


def _shown(row: JobRow) -> Job:
    return Job(
        job=row.id,
        kind=row.kind,
        owner=row.owner,
        state=_state(row.state),
        progress=row.progress,
        text=row.text,
        attempts=row.attempts,
        result=msgspec.json.decode(row.result) if row.result is not None else None,
        error=row.error,
        created_ms=row.created_ms,
        ended_ms=row.ended_ms,
    )


def _state(text: str) -> State:
    state: State = msgspec.convert(text, State)
    return state
