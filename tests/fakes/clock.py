"""A clock that moves only when told to."""


class FakeClock:
    """`now` in monotonic seconds, `unix_ms` in Unix milliseconds; both move with `advance`."""

    def __init__(self, now: float = 0.0, unix_ms: int = 1_760_000_000_000) -> None:
        self._start = now
        self._now = now
        self._unix_ms = unix_ms

    def now(self) -> float:
        return self._now

    def unix_ms(self) -> int:
        return self._unix_ms + round((self._now - self._start) * 1000)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._now += seconds
