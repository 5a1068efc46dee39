"""How late the event loop runs: a small task that sleeps, looks how long it took, and tells."""

import asyncio
from collections import deque
from contextlib import AbstractAsyncContextManager

from base.background import kept_running
from base.clock import Clock
from base.metrics import Metrics

_INTERVAL_S = 0.05
_WINDOW = 400
"""400 samples at 50 ms are the last 20 s."""
_ENOUGH = 100


class LoopLag:
    """The 99th percentile of the loop's lateness; while it is high nothing new should begin."""

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._p99 = metrics.gauge(
            "inkcall_loop_lag_p99_seconds",
            "How late the event loop runs, 99th percentile of the last window",
        )
        self._samples: deque[float] = deque(maxlen=_WINDOW)

    def note(self, lag_s: float) -> None:
        """Take one sample, seconds."""
        self._samples.append(max(0.0, lag_s))

    def p99_s(self) -> float:
        """Return the 99th percentile of the window, seconds; 0 until there are enough samples.

        Of fewer than `_ENOUGH` the percentile is just the worst one, and starting up is slow.
        """
        if len(self._samples) < _ENOUGH:
            return 0.0
        ordered = sorted(self._samples)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]

    def running(self) -> AbstractAsyncContextManager[None]:
        """Measure as long as the block runs."""
        return kept_running("loop-lag", self._measure, self._metrics)

    async def _measure(self) -> None:
        count = 0
        while True:
            before = self._clock.now()
            await asyncio.sleep(_INTERVAL_S)
            self.note(self._clock.now() - before - _INTERVAL_S)
            count += 1
            if count % 20 == 0:
                self._p99.set(self.p99_s())
