"""The clock: the one place where the time is read."""

import time
from typing import Protocol


class Clock(Protocol):
    """What the rest of the project knows of time."""

    def now(self) -> float:
        """Return monotonic seconds; only differences mean anything."""
        ...

    def unix_ms(self) -> int:
        """Return the wall clock as Unix milliseconds."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> float:
        return time.monotonic()

    def unix_ms(self) -> int:
        return time.time_ns() // 1_000_000
