"""Leases: how a worker takes a job, keeps it and gives it back, and how a lost one is found.

Whatever a worker writes names its lease: one that was believed dead and comes back changes nothing.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from base.ids import random_text
from base.jobs.model import (
    ENDED,
    HELD,
    LOST,
    JobKind,
    Move,
    State,
    after,
    after_failure,
    sources,
    wait_ms,
)
from base.jobs.queue import Jobs, Registered
from base.jobs.tables import JobRow
from base.log import get_logger

log = get_logger(__name__)

_BATCH = 100


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's right to work on a job until it lapses."""

    job: str
    token: str
    attempts: int
    """The number of this attempt, from 1."""
    payload: bytes
    registered: Registered

    @property
    def kind(self) -> JobKind:
        """The kind of the job."""
        return self.registered.kind


class Leases:
    """What a worker does to the table of jobs; `lease_s` is how long it may be silent."""

    def __init__(self, jobs: Jobs, lease_s: float) -> None:
        self._jobs = jobs
        self._database = jobs.database
        self._lease_ms = round(lease_s * 1000)

    async def claim(self) -> Lease | None:
        """Take the job that has been due for longest and whose kind has a free slot."""
        now_ms = self._jobs.clock.unix_ms()
        due = (JobRow.state == "queued", JobRow.due_ms <= now_ms)
        async with self._database.reading() as transaction:
            # Most looks find nothing; those need not queue with the writers.
            if not await transaction.scalar(select(func.count()).select_from(JobRow).where(*due)):
                return None
        try:
            async with self._database.transaction() as transaction:
                slots = await self._free_slots(transaction)
                query = (
                    select(JobRow.id, JobRow.kind, JobRow.payload, JobRow.attempts)
                    .where(*due, JobRow.kind.in_(slots))
                    .order_by(JobRow.due_ms, JobRow.id)
                    .limit(1)
                )
                found = (await transaction.execute(query)).first()
                if found is None:
                    return None
                job, kind, payload, attempts = found
                token = random_text(20)
                taken = await transaction.scalar(
                    update(JobRow)
                    .where(JobRow.id == job, JobRow.state.in_(sources("claim")))
                    .values(
                        state="running",
                        attempts=attempts + 1,
                        slot=slots[kind],
                        lease=token,
                        lease_until_ms=now_ms + self._lease_ms,
                        progress=0,
                        text="",
                    )
                    .returning(JobRow.id)
                )
        except IntegrityError:
            # Another process took the slot at the same moment.
            return None
        if taken is None:
            return None
        return Lease(job, token, attempts + 1, payload, self._jobs.kinds[kind])

    async def renew(self, lease: Lease, progress: int, text: str) -> State | None:
        """Show that the worker lives; return the job's state, None if the lease is lost."""
        until_ms = self._jobs.clock.unix_ms() + self._lease_ms
        async with self._database.transaction() as transaction:
            found = await transaction.scalar(
                update(JobRow)
                .where(JobRow.id == lease.job, JobRow.lease == lease.token)
                .values(lease_until_ms=until_ms, progress=progress, text=text)
                .returning(JobRow.state)
            )
        state: State | None = msgspec.convert(found, State | None)
        return state

    async def finish(self, lease: Lease, result: Any) -> bool:
        """Write down that the job is done; false if the lease was lost."""
        encoded = msgspec.json.encode(result)
        return await self._move(lease, "finish", progress=100, result=encoded, error=None)

    async def fail(self, lease: Lease, error: str, *, permanent: bool) -> bool:
        """Write down that the attempt failed: the job waits for its next one, or has failed."""
        move = after_failure(lease.kind, lease.attempts, permanent=permanent)
        due_ms = self._jobs.clock.unix_ms() + wait_ms(lease.kind, lease.attempts)
        return await self._move(lease, move, error=error, due_ms=due_ms)

    async def release(self, lease: Lease) -> bool:
        """Give the job back as if it had not been taken."""
        return await self._move(lease, "release", attempts=lease.attempts - 1, progress=0, text="")

    async def stop(self, lease: Lease) -> bool:
        """Write down that a cancelled job's program has ended."""
        return await self._move(lease, "stop")

    async def recover(self) -> int:
        """Find the jobs whose leases lapsed and let them be taken up again; return how many."""
        now_ms = self._jobs.clock.unix_ms()
        query = (
            select(JobRow.id, JobRow.kind, JobRow.lease, JobRow.attempts, JobRow.payload)
            .where(JobRow.state.in_(HELD), JobRow.lease_until_ms < now_ms)
            .where(JobRow.kind.in_(self._jobs.kinds))
            .limit(_BATCH)
        )
        async with self._database.reading() as transaction:
            lapsed = (await transaction.execute(query)).all()
        for job, kind, token, attempts, payload in lapsed:
            lease = Lease(job, token or "", attempts, payload, self._jobs.kinds[kind])
            move = after_failure(lease.kind, attempts, permanent=False)
            await self._move(lease, move, lapsed_ms=now_ms, error=LOST, due_ms=now_ms)
        return len(lapsed)

    async def next_due_ms(self) -> int | None:
        """Return when the next job that waits is due, or a lease lapses; Unix ms."""
        waiting = select(func.min(JobRow.due_ms)).where(JobRow.state == "queued")
        held = select(func.min(JobRow.lease_until_ms)).where(JobRow.state.in_(HELD))
        async with self._database.reading() as transaction:
            moments = [await transaction.scalar(waiting), await transaction.scalar(held)]
        return min((moment for moment in moments if moment is not None), default=None)

    async def prune(self, kept_ms: int) -> None:
        """Forget the jobs that ended so long ago."""
        before_ms = self._jobs.clock.unix_ms() - kept_ms
        async with self._database.transaction() as transaction:
            await transaction.execute(delete(JobRow).where(JobRow.ended_ms < before_ms))

    async def held(self) -> set[str]:
        """Return the tokens of all leases there are."""
        async with self._database.reading() as transaction:
            query = select(JobRow.lease).where(JobRow.lease.is_not(None))
            return {token for token in await transaction.scalars(query) if token is not None}

    async def _free_slots(self, transaction: AsyncSession) -> dict[str, int]:
        """Return the first free slot of each kind that has one."""
        taken: dict[str, set[int]] = {}
        query = select(JobRow.kind, JobRow.slot).where(JobRow.slot.is_not(None))
        for kind, slot in await transaction.execute(query):
            taken.setdefault(kind, set()).add(slot or 0)
        free = {}
        for name, registered in self._jobs.kinds.items():
            places = set(range(registered.kind.parallel)) - taken.get(name, set())
            if places:
                free[name] = min(places)
        return free

    async def _move(
        self, lease: Lease, move: Move, *, lapsed_ms: int | None = None, **values: Any
    ) -> bool:
        """Let the lease go with this move, or with `stop` if the job was cancelled meanwhile."""
        now_ms = self._jobs.clock.unix_ms()
        async with self._database.transaction() as transaction:
            for one, more in ((move, values), ("stop", {})):
                state = sources(one)[0]
                to = after(state, one)
                assert to is not None
                change = (
                    update(JobRow)
                    .where(JobRow.id == lease.job, JobRow.lease == lease.token)
                    .where(JobRow.state.in_(sources(one)))
                    .values(slot=None, lease=None, lease_until_ms=None, state=to, **more)
                    .values(ended_ms=now_ms if to in ENDED else None)
                    .returning(JobRow.id)
                )
                if lapsed_ms is not None:
                    change = change.where(JobRow.lease_until_ms < lapsed_ms)
                moved = await transaction.scalar(change) is not None
                if moved:
                    break
        if moved:
            told = {
                "kind": lease.kind.name,
                "attempt": lease.attempts,
                "lapsed": lapsed_ms is not None,
            }
            log.info("job_moved", job=lease.job, move=one, state=to, **told)
            self._jobs.changed(lease.job)
            self._jobs.bell.set()
        return moved
