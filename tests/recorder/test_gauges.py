"""What an operator reads of all recordings: how far behind the worst is, and how much was written."""

from pathlib import Path

from base.metrics import Metrics
from recorder.flusher import Flusher
from recorder.gauges import RecorderGauges
from recorder.member import RecorderMember
from tests.fakes.recordings import STUDENT, an_info


def figures(metrics: Metrics) -> dict[str, float]:
    lines = [
        line.rsplit(" ", 1) for line in metrics.render().decode().splitlines() if line[0] != "#"
    ]
    return {name: float(value) for name, value in lines}


async def test_the_lag_is_the_worst_recordings_and_bytes_are_counted_once(tmp_path: Path) -> None:
    metrics = Metrics()
    now_us = 1_000_000
    async with Flusher(3600).running() as flusher:
        gauges = RecorderGauges(flusher, metrics)
        one, other = [
            await RecorderMember.open(
                tmp_path,
                an_info(session),
                lambda: now_us,
                flusher,
                on_failed=lambda _reason: None,
                min_free_bytes=0,
            )
            for session in ("s_1", "s_2")
        ]
        one.event(1_000_000, b"x")
        other.voice(STUDENT, bytes(80), 4_000_000)
        now_us = 6_000_000
        gauges.copy()
        # The declarations of the voices have waited since the beginning of the session.
        assert figures(metrics)["inkcall_recorder_lag_seconds"] == 6
        assert figures(metrics)["inkcall_recorder_bytes_total"] == 0
        await one.seal("hung_up")
        await other.seal("hung_up")
        for _ in range(2):
            gauges.copy()
            now = figures(metrics)
            assert now["inkcall_recorder_lag_seconds"] == 0
            assert (
                now["inkcall_recorder_bytes_total"] == one.bytes_written + other.bytes_written > 0
            )
