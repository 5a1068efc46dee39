"""Leases: workers killed at any point lose no job, leave no half file and no program behind."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from base.jobs.leases import Leases
from base.jobs.model import LOST, JobKind
from base.jobs.queue import Jobs
from tests.fakes.clock import FakeClock
from tests.fakes.job_work import whole
from tests.fakes.job_worker import jobs_of_tests, results
from tests.fakes.processes import ROOT
from tests.fakes.services import Kept, kept

pytestmark = pytest.mark.usefixtures("each_database")

LEASE_S = 0.5
LIVES = 8
JOBS = 6
ACTS = 90
"""A life without trouble has about three hundred acts."""
_NOTES = "INSERT INTO finished VALUES (NEW.id);"
_WHEN = "AFTER UPDATE OF state ON jobs"
NOTING = {
    "sqlite": [f"CREATE TRIGGER t {_WHEN} WHEN NEW.state = 'done' BEGIN {_NOTES} END"],
    "postgresql": [
        f"CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {_NOTES} RETURN NEW; END'",
        f"CREATE TRIGGER t {_WHEN} FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION note()",
    ],
}
"""A note by the database itself for each time that a job becomes done."""


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


async def start_worker(services: Kept, folder: Path, fuse: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.job_worker"),
        *(services.config.database_url, str(folder), str(LEASE_S), str(fuse)),
        cwd=ROOT,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def enqueue(jobs: Jobs, kind: str, payload: object, key: str | None = None) -> str:
    async with jobs.database.transaction() as transaction:
        return await jobs.enqueue(transaction, kind, payload, key=key)


@pytest.mark.parametrize("seed", [random.randrange(1_000_000) for _ in range(2)])
async def test_workers_killed_at_random_points_finish_every_job_once(
    services: Kept, tmp_path: Path, each_database: str, seed: int
) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    jobs = jobs_of_tests(services.database, tmp_path)
    async with services.database.transaction() as transaction:
        for statement in ("CREATE TABLE finished (id VARCHAR)", *NOTING[each_database]):
            await transaction.execute(text(statement))
    names = [f"n{number}" for number in range(JOBS)]
    ids = [await enqueue(jobs, "write", {"write": name}, name) for name in names]
    killed = 0
    async with asyncio.timeout(100), asyncio.TaskGroup() as group:
        ended = group.create_task(all_ended(jobs, ids))
        for life in range(LIVES + 1):
            worker = await start_worker(
                services, tmp_path, chance.randint(1, ACTS) if life < LIVES else 0
            )
            gone = group.create_task(worker.wait())
            await asyncio.wait({ended, gone}, return_when=asyncio.FIRST_COMPLETED)
            # What is whole stays whole, however the others end.
            assert all(
                file.read_bytes() == whole(file.name) for file in results(tmp_path).glob("*")
            )
            if not gone.done():
                worker.kill()
                break
            killed += gone.result() == -9
    assert killed
    assert [(await jobs.wait(job)).state for job in ids] == ["done"] * JOBS
    made = {file.name: file.read_bytes() for file in results(tmp_path).iterdir()}
    assert made == {name: whole(name) for name in names}
    async with services.database.reading() as transaction:
        finished = list(await transaction.scalars(text("SELECT id FROM finished")))
    assert sorted(finished) == sorted(ids)


async def all_ended(jobs: Jobs, ids: list[str]) -> None:
    for job in ids:
        await jobs.wait(job)


async def test_a_program_dies_with_its_killed_worker(services: Kept, tmp_path: Path) -> None:
    jobs = jobs_of_tests(services.database, tmp_path)
    pid_file = tmp_path / "pid"
    await enqueue(jobs, "write", {"hang": str(pid_file)})
    worker = await start_worker(services, tmp_path, 0)
    async with asyncio.timeout(30):
        while not pid_file.exists():
            await asyncio.sleep(0.01)
        program = os.pidfd_open(int(pid_file.read_text()))
        worker.kill()
        await worker.wait()
        gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(program, gone.set)
        await gone.wait()
    asyncio.get_running_loop().remove_reader(program)
    os.close(program)


class Steps:
    """A queue whose clock is moved by hand, and two workers' views of it."""

    def __init__(self, services: Kept, kind: JobKind) -> None:
        self.clock: FakeClock = services.clock
        self.jobs = Jobs(services.database, services.clock)
        self.jobs.register(kind)
        self.one = Leases(self.jobs, 10)
        self.other = Leases(self.jobs, 10)


async def test_who_was_believed_dead_changes_nothing(services: Kept) -> None:
    steps = Steps(services, JobKind(name="k", run="none"))
    job = await enqueue(steps.jobs, "k", {})
    late = await steps.one.claim()
    assert late is not None
    assert await steps.other.claim() is None
    steps.clock.advance(9)
    assert await steps.one.renew(late, 10, "a tenth") == "running"
    steps.clock.advance(9)
    assert await steps.other.recover() == 0
    steps.clock.advance(2)
    assert await steps.other.recover() == 1
    mine = await steps.other.claim()
    assert mine is not None
    assert (mine.job, mine.attempts) == (job, 2)
    assert await steps.one.renew(late, 99, "late") is None
    assert not await steps.one.finish(late, "late")
    assert not await steps.one.fail(late, "late", permanent=True)
    assert not await steps.one.release(late)
    assert not await steps.one.stop(late)
    assert await steps.other.finish(mine, "mine")
    shown = await steps.jobs.get(job)
    assert shown is not None
    assert (shown.state, shown.result, shown.progress) == ("done", "mine", 100)
    assert not await steps.other.finish(mine, "again")


async def test_the_log_tells_the_way_of_a_job(services: Kept) -> None:
    steps = Steps(services, JobKind(name="k", run="none"))
    job = await enqueue(steps.jobs, "k", {"name": "林小雨"})
    with capture_logs() as lines:
        assert await steps.one.claim() is not None
        steps.clock.advance(11)
        assert await steps.one.recover() == 1
        mine = await steps.other.claim()
        assert mine is not None
        assert await steps.other.finish(mine, "林小雨")
    told = [line for line in lines if line["event"] == "job_moved"]
    assert {(line["job"], line["kind"]) for line in told} == {(job, "k")}
    moves = [(line["move"], line["state"], line["attempt"], line["lapsed"]) for line in told]
    assert moves == [("retry", "queued", 1, True), ("finish", "done", 2, False)]
    assert "林小雨" not in str(lines)


async def test_a_job_that_kills_its_workers_stops_after_its_attempts(services: Kept) -> None:
    steps = Steps(services, JobKind(name="k", run="none", attempts=3))
    job = await enqueue(steps.jobs, "k", {})
    for _ in range(3):
        assert await steps.one.claim() is not None
        steps.clock.advance(11)
        assert await steps.one.recover() == 1
    assert await steps.one.claim() is None
    shown = await steps.jobs.get(job)
    assert shown is not None
    assert (shown.state, shown.error, shown.attempts) == ("failed", LOST, 3)


async def test_a_failed_attempt_waits_longer_each_time(services: Kept) -> None:
    steps = Steps(services, JobKind(name="k", run="none", attempts=3, waits_s=(5, 60)))
    job = await enqueue(steps.jobs, "k", {})
    for wait in (5, 60):
        lease = await steps.one.claim()
        assert lease is not None
        assert await steps.one.fail(lease, "not today", permanent=False)
        steps.clock.advance(wait - 1)
        assert await steps.one.claim() is None
        steps.clock.advance(1)
    lease = await steps.one.claim()
    assert lease is not None
    assert await steps.one.fail(lease, "not ever", permanent=False)
    shown = await steps.jobs.get(job)
    assert shown is not None
    assert (shown.state, shown.error) == ("failed", "not ever")


async def test_a_cancelled_job_does_not_keep_the_error_of_an_attempt_before(
    services: Kept,
) -> None:
    steps = Steps(services, JobKind(name="k", run="none", waits_s=(0,)))
    job = await enqueue(steps.jobs, "k", {})
    lease = await steps.one.claim()
    assert lease is not None
    assert await steps.one.fail(lease, "not today", permanent=False)
    lease = await steps.one.claim()
    assert lease is not None
    await steps.jobs.cancel(job)
    assert await steps.one.stop(lease)
    shown = await steps.jobs.get(job)
    assert shown is not None
    assert (shown.state, shown.error) == ("cancelled", None)


async def test_a_cancelled_job_whose_worker_is_lost_is_not_taken_up_again(services: Kept) -> None:
    steps = Steps(services, JobKind(name="k", run="none"))
    job = await enqueue(steps.jobs, "k", {})
    assert await steps.one.claim() is not None
    cancelled = await steps.jobs.cancel(job)
    assert cancelled is not None
    assert cancelled.state == "cancelling"
    steps.clock.advance(11)
    assert await steps.one.recover() == 1
    shown = await steps.jobs.get(job)
    assert shown is not None
    assert (shown.state, shown.error) == ("cancelled", None)


async def test_two_workers_keep_the_bound_of_a_kind_and_other_kinds_go_on(services: Kept) -> None:
    steps = Steps(services, JobKind(name="k", run="none", parallel=2))
    steps.jobs.register(JobKind(name="other", run="none"))
    for _ in range(4):
        await enqueue(steps.jobs, "k", {})
    await enqueue(steps.jobs, "other", {})
    taken = [lease for leases in (steps.one, steps.other) * 3 if (lease := await leases.claim())]
    assert sorted(lease.kind.name for lease in taken) == ["k", "k", "other"]
    assert await steps.one.finish(next(lease for lease in taken if lease.kind.name == "k"), 1)
    assert await steps.other.claim() is not None
    assert await steps.other.claim() is None


async def test_ended_jobs_are_forgotten_after_their_days_and_others_are_not(services: Kept) -> None:
    steps = Steps(services, JobKind(name="k", run="none"))
    ended, waiting = await enqueue(steps.jobs, "k", {}), await enqueue(steps.jobs, "k", {})
    await steps.jobs.cancel(ended)
    steps.clock.advance(101)
    await steps.one.prune(100_000)
    assert await steps.jobs.get(ended) is None
    assert await steps.jobs.get(waiting) is not None
