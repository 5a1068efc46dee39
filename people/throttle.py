"""A throttle: so many tries of one key in a sliding window. Time is passed in, seconds."""

from collections import OrderedDict, deque

_KEYS = 20_000
"""Keys remembered; the ones not tried for longest are forgotten first."""


class Throttle:
    """Counts tries by key; a try that turned out well can be taken back."""

    def __init__(self, limit: int, window_s: float) -> None:
        self._limit = limit
        self._window_s = window_s
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, key: str, now: float) -> float:
        """Return seconds until `key` may be tried again; 0 if it may be now."""
        tries = self._tries.get(key)
        if tries is None:
            return 0.0
        self._forget_old(tries, now)
        if len(tries) < self._limit:
            return 0.0
        return max(0.0, tries[0] + self._window_s - now)

    def count(self, key: str, now: float) -> None:
        """Count one try."""
        tries = self._tries.setdefault(key, deque(maxlen=self._limit))
        self._tries.move_to_end(key)
        tries.append(now)
        while len(self._tries) > _KEYS:
            self._tries.popitem(last=False)

    def take_back(self, key: str, when: float) -> None:
        """Undo the try counted at `when`."""
        tries = self._tries.get(key)
        if tries is not None and when in tries:
            tries.remove(when)
            if not tries:
                del self._tries[key]

    def _forget_old(self, tries: deque[float], now: float) -> None:
        while tries and tries[0] + self._window_s <= now:
            tries.popleft()
