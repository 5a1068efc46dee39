"""Copies the media plane's totals into the process's metrics, every two seconds."""

import asyncio
from contextlib import AbstractAsyncContextManager

from base.background import kept_running
from base.metrics import Metrics
from server.media.endpoint import MediaEndpoint

_INTERVAL_S = 2.0


class MediaGauges:
    """Turns totals since the start into Prometheus counters."""

    def __init__(self, media: MediaEndpoint, metrics: Metrics) -> None:
        self._media = media
        self._metrics = metrics
        self._packets = metrics.counter("inkcall_media_packets_total", "RTP packets", ["direction"])
        self._dropped = metrics.counter(
            "inkcall_media_dropped_total", "Datagrams that went no further, by reason", ["reason"]
        )
        self._before: dict[tuple[str, str], int] = {}

    def running(self) -> AbstractAsyncContextManager[None]:
        """Copy as long as the block runs."""
        return kept_running("media gauges", self._run, self._metrics)

    def copy(self) -> None:
        """Copy once."""
        stats = self._media.stats()
        self._packets.labels("in").inc(self._since("packets", "in", stats.packets_in))
        self._packets.labels("out").inc(self._since("packets", "out", stats.packets_out))
        for reason, count in stats.dropped.items():
            self._dropped.labels(reason).inc(self._since("dropped", reason, count))
        kernel = self._since("dropped", "kernel", stats.kernel_drops)
        self._dropped.labels("kernel").inc(kernel)

    def _since(self, family: str, label: str, total: int) -> int:
        before = self._before.get((family, label), 0)
        self._before[family, label] = total
        return max(0, total - before)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL_S)
            self.copy()
