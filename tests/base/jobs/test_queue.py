"""The queue: a job comes with its change or not at all, a key is one job, a cancel holds."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from base.db import Database
from base.jobs.leases import Leases
from base.jobs.model import JobKind
from base.jobs.queue import Job, Jobs
from tests.fakes.services import Kept, kept

pytestmark = pytest.mark.usefixtures("each_database")

KIND = JobKind(name="k", run="none", parallel=3)


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


@pytest.fixture
def jobs(services: Kept) -> Jobs:
    jobs = Jobs(services.database, services.clock)
    jobs.register(KIND)
    return jobs


async def enqueue(jobs: Jobs, key: str | None = None, owner: str = "") -> str:
    async with jobs.database.transaction() as transaction:
        return await jobs.enqueue(transaction, "k", {"n": 1}, key=key, owner=owner)


async def shown(jobs: Jobs, job: str) -> Job:
    found = await jobs.get(job)
    assert found is not None
    return found


async def test_a_job_rolled_back_with_its_transaction_leaves_nothing(jobs: Jobs) -> None:
    ids = []
    with pytest.raises(RuntimeError, match="no"):
        async with jobs.database.transaction() as transaction:
            ids.append(await jobs.enqueue(transaction, "k", {}, key="one"))
            ids.append(await jobs.enqueue(transaction, "k", {}))
            raise RuntimeError("no")
    assert [await jobs.get(job) for job in ids] == [None, None]
    assert await jobs.counts() == {}
    assert await enqueue(jobs, "one") not in ids


async def test_the_bell_rings_after_the_commit_and_not_before(jobs: Jobs) -> None:
    jobs.bell.clear()
    async with jobs.database.transaction() as transaction:
        await jobs.enqueue(transaction, "k", {})
        assert not jobs.bell.is_set()
    assert jobs.bell.is_set()


async def test_a_key_is_one_job_as_long_as_it_is_queued_or_runs(jobs: Jobs) -> None:
    first = await enqueue(jobs, "one")
    assert await enqueue(jobs, "one") == first
    leases = Leases(jobs, 10)
    lease = await leases.claim()
    assert lease is not None
    assert lease.job == first
    assert await enqueue(jobs, "one") == first
    assert await enqueue(jobs, "two") != first
    assert await leases.finish(lease, None)
    second = await enqueue(jobs, "one")
    assert second != first
    await jobs.cancel(second)
    assert await enqueue(jobs, "one") not in (first, second)
    assert len({await enqueue(jobs) for _ in range(3)}) == 3


async def test_a_cancelled_job_that_still_runs_does_not_hold_its_key(jobs: Jobs) -> None:
    first = await enqueue(jobs, "one")
    assert await Leases(jobs, 10).claim() is not None
    cancelled = await jobs.cancel(first)
    assert cancelled is not None
    assert cancelled.state == "cancelling"
    assert await enqueue(jobs, "one") != first


async def test_two_processes_that_ask_at_once_share_the_job(services: Kept, jobs: Jobs) -> None:
    database = Database(services.config.database_url)
    others = Jobs(database, services.clock)
    others.register(KIND)
    ids = await asyncio.gather(*(enqueue(queue, "one") for queue in (jobs, others) * 10))
    await database.close()
    assert len(set(ids)) == 1
    assert await jobs.counts() == {("k", "queued"): 1}


async def test_a_queued_job_is_cancelled_at_once_and_never_claimed(jobs: Jobs) -> None:
    job = await enqueue(jobs)
    cancelled = await jobs.cancel(job)
    assert cancelled is not None
    assert cancelled.state == "cancelled"
    assert cancelled.ended_ms == jobs.clock.unix_ms()
    assert await Leases(jobs, 10).claim() is None
    assert await jobs.wait(job) == cancelled


async def test_what_has_ended_is_not_cancelled(jobs: Jobs) -> None:
    leases = Leases(jobs, 10)
    done, failed = await enqueue(jobs), await enqueue(jobs)
    for _ in range(2):
        lease = await leases.claim()
        assert lease is not None
        if lease.job == done:
            assert await leases.finish(lease, {"pages": 3})
        else:
            assert await leases.fail(lease, "bad", permanent=True)
    for job, state in ((done, "done"), (failed, "failed")):
        before = await shown(jobs, job)
        assert before.state == state
        assert await jobs.cancel(job) == before == await shown(jobs, job)
    assert await jobs.cancel("j_none") is None


async def test_a_cancel_that_comes_while_it_ends_is_kept_or_too_late(jobs: Jobs) -> None:
    leases = Leases(jobs, 10)
    ids = [await enqueue(jobs) for _ in range(3)]
    held = {lease.job: lease for _ in ids if (lease := await leases.claim())}
    for job in ids:
        await jobs.cancel(job)
    # Its file is in place already; its program failed; the worker stops.
    assert await leases.finish(held[ids[0]], "made")
    assert await leases.fail(held[ids[1]], "bad", permanent=False)
    assert await leases.release(held[ids[2]])
    states = [(await shown(jobs, job)).state for job in ids]
    assert states == ["done", "cancelled", "cancelled"]


async def test_who_waits_hears_of_the_end(jobs: Jobs) -> None:
    job = await enqueue(jobs, owner="p_1")
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        waiting = [group.create_task(jobs.wait(job)) for _ in range(2)]
        leases = Leases(jobs, 10)
        lease = await leases.claim()
        assert lease is not None
        assert await leases.renew(lease, 40, "page 2") == "running"
        seen = await shown(jobs, job)
        assert (seen.state, seen.progress, seen.text, seen.owner) == (
            "running",
            40,
            "page 2",
            "p_1",
        )
        assert await leases.finish(lease, {"pages": 3})
    assert [task.result().result for task in waiting] == [{"pages": 3}] * 2


async def test_what_is_not_there_is_said(jobs: Jobs) -> None:
    with pytest.raises(LookupError):
        await jobs.wait("j_none")
    with pytest.raises(ValueError, match="no kind none"):
        async with jobs.database.transaction() as transaction:
            await jobs.enqueue(transaction, "none", {})
    with pytest.raises(ValueError, match="registered already"):
        jobs.register(KIND)


async def test_jobs_of_unknown_kinds_stay_for_who_knows_them(services: Kept, jobs: Jobs) -> None:
    job = await enqueue(jobs)
    stranger = Jobs(services.database, services.clock)
    assert await Leases(stranger, 10).claim() is None
    assert (await shown(jobs, job)).state == "queued"
