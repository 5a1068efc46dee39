"""Tasks that outlive the call that started them, owned by one group and never lost."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from base.log import get_logger, safe_error

log = get_logger(__name__)


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


async def _guarded(work: Coroutine[Any, Any, None], name: str) -> None:
    try:
        await work
    # One failing task would make the group cancel every other one, of other people's sessions.
    except Exception as error:
        log.exception("background_failed", task=name, **safe_error(error))
