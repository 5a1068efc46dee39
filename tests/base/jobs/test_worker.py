"""The worker: real programs, one folder each, bounded, cancelled, ended, and what they say kept."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base.jobs.config import JobsConfig
from base.jobs.model import JobKind
from base.jobs.queue import Job, Jobs
from base.jobs.tables import JobRow
from base.jobs.worker import Worker
from base.metrics import Metrics
from tests.fakes.job_work import whole
from tests.fakes.job_worker import KIND, jobs_of_tests, results
from tests.fakes.services import Kept, kept

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept(tmp_path) as services:
        yield services


@dataclass(kw_only=True)
class Workplace:
    """A queue, and the folder its worker works in."""

    jobs: Jobs
    folder: Path
    metrics: Metrics

    async def put(self, payload: Any) -> str:
        async with self.jobs.database.transaction() as transaction:
            return await self.jobs.enqueue(transaction, "write", payload)

    async def done(self, payload: Any) -> Job:
        return await self.jobs.wait(await self.put(payload))

    def left(self) -> list[Path]:
        return list((self.folder / "jobs").glob("*"))


@asynccontextmanager
async def working(services: Kept, folder: Path, **changes: Any) -> AsyncIterator[Workplace]:
    kind: JobKind = JobKind(
        **{
            "name": KIND.name,
            "run": KIND.run,
            "attempts": 2,
            "timeout_s": 30,
            "waits_s": (0,),
            **changes,
        }
    )
    jobs = jobs_of_tests(services.database, folder, kind)
    metrics = Metrics()
    worker = Worker(jobs, JobsConfig(parallel=3, lease_s=3), folder / "jobs", metrics)
    async with asyncio.timeout(60), worker.running():
        yield Workplace(jobs=jobs, folder=folder, metrics=metrics)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


async def until_gone(pid: int) -> None:
    """Wait for the end of a program that is a child of ours."""
    await until(lambda: not Path(f"/proc/{pid}").exists())


async def test_what_was_made_is_in_its_place_and_the_result_kept(
    services: Kept, tmp_path: Path
) -> None:
    async with working(services, tmp_path) as place:
        job = await place.done({"write": "one"})
        assert job.result["wrote"] == "one"
        # Niced: a live voice never waits for it.
        assert job.result["nice"] >= min(19, os.nice(0) + 10)
        assert (job.state, job.progress, job.attempts) == ("done", 100, 1)
        assert (results(tmp_path) / "one").read_bytes() == whole("one")
        await until(lambda: place.left() == [])


@pytest.mark.parametrize(
    ("payload", "error", "attempts"),
    [
        ({"refuse": "not_a_pdf"}, "not_a_pdf", 1),
        ({"die": 9}, "ended with status -9", 2),
        ({"unknown": 1}, "ValueError", 2),
        ({"full": 1}, "No space left on device", 2),
        ({"silent": True}, "ended without a result", 2),
        ({"chatter": 2_000_000}, "said a line of more than 1048576 bytes", 2),
    ],
)
async def test_a_poisoned_job_stops_after_its_attempts_with_its_error(
    services: Kept, tmp_path: Path, payload: Any, error: str, attempts: int
) -> None:
    async with working(services, tmp_path) as place:
        job = await place.done(payload)
        assert (job.state, job.error, job.attempts) == ("failed", error, attempts)
        await until(lambda: place.left() == [])
        await until(lambda: b'state="failed"} 1.0' in place.metrics.render())
    assert not results(tmp_path).exists()


async def test_what_takes_too_long_is_ended(services: Kept, tmp_path: Path) -> None:
    async with working(services, tmp_path, timeout_s=1, attempts=1) as place:
        job = await place.done({"hang": str(tmp_path / "pid")})
        assert (job.state, job.error) == ("failed", "took longer than 1 s")


async def test_what_a_library_prints_is_not_taken_for_ours(services: Kept, tmp_path: Path) -> None:
    async with working(services, tmp_path) as place:
        job = await place.done({"chatter": 10})
        assert (job.state, job.result, job.progress, len(job.text)) == ("done", 10, 100, 200)


async def test_cancelling_a_running_job_ends_its_program(services: Kept, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    async with working(services, tmp_path) as place:
        job = await place.put({"hang": str(pid_file)})
        await until(pid_file.exists)
        pid = int(pid_file.read_text())
        cancelled = await place.jobs.cancel(job)
        assert cancelled is not None
        assert cancelled.state == "cancelling"
        assert (await place.jobs.wait(job)).state == "cancelled"
        await until_gone(pid)
        await until(lambda: place.left() == [])
        # The worker is free for the next.
        assert (await place.done({"write": "two"})).state == "done"


async def test_a_cancel_of_another_process_is_heard_too(services: Kept, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    async with working(services, tmp_path) as place:
        job = await place.put({"hang": str(pid_file)})
        await until(pid_file.exists)
        other = jobs_of_tests(services.database, tmp_path)
        await other.cancel(job)
        assert (await other.wait(job)).state == "cancelled"
        await until_gone(int(pid_file.read_text()))


async def test_progress_is_shown_and_the_lease_renewed(services: Kept, tmp_path: Path) -> None:
    async def lease_until() -> int:
        async with services.database.reading() as transaction:
            return await transaction.scalar(select(JobRow.lease_until_ms)) or 0

    async with working(services, tmp_path) as place:
        job = await place.put({"hang": str(tmp_path / "pid")})
        await until((tmp_path / "pid").exists)
        shown = None
        while shown is None or shown.progress != 50:
            shown = await place.jobs.get(job)
        first = await lease_until()
        while await lease_until() <= first:
            pass
        assert (shown.state, shown.text, shown.attempts) == ("running", "hanging", 1)
        await place.jobs.cancel(job)
        await place.jobs.wait(job)


async def test_a_worker_told_to_stop_gives_its_jobs_back_uncounted(
    services: Kept, tmp_path: Path
) -> None:
    pid_file = tmp_path / "pid"
    async with working(services, tmp_path) as place:
        job = await place.put({"hang": str(pid_file)})
        await until(pid_file.exists)
    assert not Path(f"/proc/{pid_file.read_text()}").exists()
    assert place.left() == []
    shown = await place.jobs.get(job)
    assert shown is not None
    assert (shown.state, shown.attempts) == ("queued", 0)
    async with working(services, tmp_path) as place:
        await until(lambda: len(place.left()) == 1)
        await place.jobs.cancel(job)
        assert (await place.jobs.wait(job)).attempts == 1


async def test_never_more_programs_of_a_kind_than_it_may_have(
    services: Kept, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    async with working(services, tmp_path, parallel=2) as place:
        # Another worker on the same table, as in a second process.
        other = jobs_of_tests(services.database, tmp_path, place.jobs.kinds["write"].kind)
        config = JobsConfig(parallel=3, lease_s=5)
        async with Worker(other, config, tmp_path / "others", Metrics()).running():
            ids = [await place.put({"meet": str(log), "others": 2}) for _ in range(6)]
            ended = [await place.jobs.wait(job) for job in ids]
    assert [job.state for job in ended] == ["done"] * 6
    running, most = 0, 0
    for sign in log.read_text().split():
        running += 1 if sign == "+" else -1
        most = max(most, running)
    assert most == 2


async def test_folders_of_killed_attempts_are_swept_at_the_start(
    services: Kept, tmp_path: Path
) -> None:
    left = tmp_path / "jobs" / "j_gone.token"
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"half")
    async with working(services, tmp_path):
        await until(lambda: not left.exists())
