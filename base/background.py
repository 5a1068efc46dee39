"""Tasks with an owner: those that outlive the call that started them, and those that never end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from base.log import get_logger, safe_error
from base.metrics import Metrics

log = get_logger(__name__)

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0


class Background:
    """Runs coroutines inside `running()`; a failure is logged and ends nobody else."""

    def __init__(self) -> None:
        self._group: asyncio.TaskGroup | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Own the tasks for the time of the block; leaving it waits until all have finished."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                yield
            finally:
                self._group = None

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None] | None:
        """Run `work` soon. After the block was left it is dropped, and None is returned."""
        if self._group is None:
            work.close()
            log.warning("background_refused", task=name)
            return None
        return self._group.create_task(_guarded(work, name), name=name)


@asynccontextmanager
async def kept_running(
    name: str,
    work: Callable[[], Awaitable[None]],
    metrics: Metrics,
    first_wait_s: float = _FIRST_WAIT_S,
) -> AsyncIterator[None]:
    """Run endless `work` for the time of the block.

    What fails is logged and counted, and begins again after a wait that doubles up to a minute:
    one part's trouble must not take down the process that carries everybody else's.
    """
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_again(name, work, metrics, first_wait_s), name=name)
        try:
            yield
        finally:
            task.cancel()


@asynccontextmanager
async def apart(
    name: str, work: AbstractAsyncContextManager[Any], failed: Callable[[], None]
) -> AsyncIterator[None]:
    """Hold `work` open for the time of the block, in a task of its own.

    What goes wrong at its beginning is raised. Later it is logged and `failed` is called: in the task
    of whoever entered it, a group within it would take everybody down with it.
    """
    begun = asyncio.get_running_loop().create_future()
    leave = asyncio.Event()

    async def hold() -> None:
        try:
            async with work:
                begun.set_result(None)
                await leave.wait()
        except Exception as error:
            if not begun.done():
                begun.set_result(error)
                return
            log.exception("work_failed", work=name, **safe_error(error))
            failed()

    async with asyncio.TaskGroup() as group:
        group.create_task(hold(), name=name)
        error: Exception | None = await begun
        if error is None:
            try:
                yield
            finally:
                leave.set()
    if error is not None:
        raise error


async def _again(
    name: str, work: Callable[[], Awaitable[None]], metrics: Metrics, wait_s: float
) -> None:
    while True:
        try:
            await work()
            return
        except Exception as error:
            metrics.task_failures.labels(name).inc()
            log.exception("task_failed", task=name, **safe_error(error))
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, _LONGEST_WAIT_S)


async def _guarded(work: Coroutine[Any, Any, None], name: str) -> None:
    try:
        await work
    # One failing task would make the group cancel every other one, whoever's it is.
    except Exception as error:
        log.exception("background_failed", task=name, **safe_error(error))
