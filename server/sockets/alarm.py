"""A timer for a core that says when it must be asked next."""

import asyncio
from collections.abc import Callable

from base.clock import Clock


class Alarm:
    """Calls `ring` once the time last `set` has come."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None

    def set(self, due: float | None) -> None:
        """Ring at `due`, monotonic seconds, instead of at what was set before; None: not at all."""
        if due == self._due:
            return
        self.cancel()
        self._due = due
        if due is not None:
            wait = max(0.0, due - self._clock.now())
            self._timer = asyncio.get_running_loop().call_later(wait, self._on_time)

    def cancel(self) -> None:
        """Do not ring."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._due = None

    def _on_time(self) -> None:
        self._timer = self._due = None
        self._ring()
