"""The worker: claims jobs, runs each in a process of its own, and keeps its leases alive."""

import asyncio
import contextlib
import math
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from base.jobs.attempt import AttemptFailed, Progress, attempt
from base.jobs.config import JobsConfig
from base.jobs.leases import Lease, Leases
from base.jobs.queue import Jobs
from base.log import get_logger, safe_error
from base.metrics import Metrics

log = get_logger(__name__)

_IDLE_S = 5.0
"""How often the table is looked at although nobody rang: another process may have enqueued."""
_SHORTEST_S = 0.05
_SHOW_S = 1.0
"""How often new progress is written, at most."""
_PRUNE_S = 3600.0
_DAY_MS = 86_400_000
_MEASURED = ("queued", "running", "failed")


class Worker:
    """Works on the jobs of all registered kinds for the time of `running()`."""

    def __init__(self, jobs: Jobs, config: JobsConfig, folder: Path, metrics: Metrics) -> None:
        """`folder` holds one folder for each attempt; on the disk where results go, so that they
        can be moved there whole."""
        self._jobs = jobs
        self._config = config
        self._folder = folder.absolute()
        self._metrics = metrics
        self._counted = metrics.gauge(
            "inkcall_jobs", "Jobs by kind and state (queued, running, failed)", ["kind", "state"]
        )
        self._leases = Leases(jobs, config.lease_s)
        self._attempts: dict[asyncio.Task[None], Lease] = {}
        self._stopping = asyncio.Event()
        self._shown: set[tuple[str, str]] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work as long as the block runs; then end the programs and give their jobs back."""
        async with asyncio.TaskGroup() as group:
            self._stopping.clear()
            group.create_task(self._loop(group), name="jobs")
            try:
                yield
            finally:
                # Told, not cancelled: an attempt that is told gives its job back.
                self._stopping.set()
                self._jobs.bell.set()
                for lease in self._attempts.values():
                    self._jobs.changed(lease.job)

    async def _loop(self, group: asyncio.TaskGroup) -> None:
        pruned = -math.inf
        clock = self._jobs.clock
        while not self._stopping.is_set():
            self._jobs.bell.clear()
            wait_s = _IDLE_S
            try:
                if clock.now() - pruned >= _PRUNE_S:
                    pruned = clock.now()
                    await self._leases.prune(self._config.kept_days * _DAY_MS)
                    await self._sweep()
                await self._leases.recover()
                while not self._stopping.is_set() and len(self._attempts) < self._config.parallel:
                    lease = await self._leases.claim()
                    if lease is None:
                        break
                    task = group.create_task(self._guarded(lease), name=f"job {lease.job}")
                    self._attempts[task] = lease
                    task.add_done_callback(self._ended)
                await self._measure()
                wait_s = await self._wait_s()
            # A database that is away for a moment must not end the worker.
            except Exception as error:
                log.exception("jobs_unreachable", **safe_error(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._jobs.bell.wait()

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._attempts[task]
        self._jobs.bell.set()

    async def _wait_s(self) -> float:
        """Return how long nothing can be due, from 50 ms (a kind without a free slot) to 5 s."""
        due_ms = await self._leases.next_due_ms()
        now_ms = self._jobs.clock.unix_ms()
        # What is due already waits for a slot: the end of an attempt rings.
        if due_ms is None or due_ms <= now_ms:
            return _IDLE_S
        return min(_IDLE_S, max(_SHORTEST_S, (due_ms - now_ms) / 1000))

    async def _measure(self) -> None:
        counts = await self._jobs.counts()
        wanted = {(kind, state) for kind, state in counts if state in _MEASURED}
        for kind, state in self._shown | wanted:
            self._counted.labels(kind, state).set(counts.get((kind, state), 0))
        self._shown |= wanted

    async def _guarded(self, lease: Lease) -> None:
        try:
            await self._work(lease)
        # The lease lapses and the job is taken up again; the other jobs must not hear of it.
        except Exception as error:
            log.exception("job_not_settled", job=lease.job, **safe_error(error))

    async def _work(self, lease: Lease) -> None:
        """Do one attempt and write down what came of it."""
        folder = self._folder / f"{lease.job}.{lease.token}"
        try:
            await asyncio.to_thread(self._make, lease.job, folder)
            await self._attempt(lease, folder)
        except (AttemptFailed, OSError) as error:
            # Of the system's errors not the whole text: it holds a path.
            known = str(error) if isinstance(error, AttemptFailed) else error.strerror
            text = known or type(error).__name__
            permanent = isinstance(error, AttemptFailed) and error.permanent
            log.warning("job_attempt_failed", job=lease.job, kind=lease.kind.name, reason=text)
            await self._leases.fail(lease, text, permanent=permanent)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _attempt(self, lease: Lease, folder: Path) -> None:
        progress = Progress()
        with self._jobs.watching(lease.job) as changed:
            async with asyncio.TaskGroup() as group:
                work = group.create_task(_outcome(lease, folder, progress))
                work.add_done_callback(lambda _: changed.set())
                try:
                    why = await self._keep(lease, progress, work, changed)
                finally:
                    work.cancel()
        if why == "stopping":
            await self._leases.release(lease)
            return
        if why == "not ours":
            # Cancelled, or the lease is lost: then this changes nothing.
            await self._leases.stop(lease)
            return
        result = work.result()
        if isinstance(result, AttemptFailed):
            raise result
        # From here on a cancel comes too late. A lost lease does not: what is finished would be
        # whole in any case, but another worker has the job now.
        if await self._leases.renew(lease, 100, progress.text) != "running":
            await self._leases.stop(lease)
            return
        if lease.registered.finish is not None:
            payload = msgspec.json.decode(lease.payload)
            await asyncio.to_thread(lease.registered.finish, payload, result, folder)
        await self._leases.finish(lease, result)

    async def _keep(
        self, lease: Lease, progress: Progress, work: asyncio.Task[Any], changed: asyncio.Event
    ) -> Literal["ended", "stopping", "not ours"]:
        """Renew the lease and show the progress until the work has ended or is to be ended."""
        clock, every_s = self._jobs.clock, self._config.lease_s / 3
        renewed, shown = clock.now(), (0, "")
        while True:
            if work.done():
                return "ended"
            if self._stopping.is_set():
                return "stopping"
            asked = changed.is_set()
            changed.clear()
            now, new = clock.now(), (progress.percent, progress.text)
            if asked or new != shown or now - renewed >= every_s:
                try:
                    if await self._leases.renew(lease, *new) != "running":
                        return "not ours"
                    renewed, shown = now, new
                except Exception as error:
                    log.exception("lease_not_renewed", job=lease.job, **safe_error(error))
                    if now - renewed > self._config.lease_s:
                        return "not ours"
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(_SHOW_S, every_s)):
                    await changed.wait()

    async def _sweep(self) -> None:
        """Remove the folders nobody has a lease for: their workers were killed."""
        # In this order: a folder is made after its lease.
        folders = await asyncio.to_thread(lambda: list(self._folder.glob("*.*")))
        held = await self._leases.held()
        for folder in folders:
            if folder.suffix.removeprefix(".") not in held:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _make(self, job: str, folder: Path) -> None:
        """Make the attempt's folder, and remove those of attempts whose workers were killed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.glob(f"{job}.*"):
            shutil.rmtree(left, ignore_errors=True)
        folder.mkdir()


async def _outcome(lease: Lease, folder: Path, progress: Progress) -> Any:
    """Return the result, or the failure as a value: raised in a group it would come wrapped."""
    try:
        return await attempt(lease.kind, lease.payload, folder, progress)
    except AttemptFailed as failed:
        return failed
