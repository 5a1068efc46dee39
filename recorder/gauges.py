"""Copies what the flusher knows of all recordings into the process's metrics, every two seconds."""

import asyncio
from contextlib import AbstractAsyncContextManager

from base.background import kept_running
from base.metrics import Metrics
from recorder.flusher import Flusher

_INTERVAL_S = 2.0


class RecorderGauges:
    """How far recordings are behind, and how many bytes they have put on the disk."""

    def __init__(self, flusher: Flusher, metrics: Metrics) -> None:
        self._flusher = flusher
        self._metrics = metrics
        self._lag = metrics.gauge(
            "inkcall_recorder_lag_seconds",
            "Age of the oldest byte not yet on disk, worst recording",
        )
        self._bytes = metrics.counter("inkcall_recorder_bytes_total", "Bytes written to recordings")
        self._counted = 0

    def running(self) -> AbstractAsyncContextManager[None]:
        """Copy as long as the block runs."""
        return kept_running("recorder gauges", self._run, self._metrics)

    def copy(self) -> None:
        """Copy once."""
        self._lag.set(self._flusher.lag_s())
        before, self._counted = self._counted, self._flusher.bytes_written
        self._bytes.inc(self._counted - before)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL_S)
            self.copy()
