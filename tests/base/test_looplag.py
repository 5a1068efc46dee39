"""How late the loop runs: the percentile, and a real stall that is noticed."""

import asyncio
import time

from base.clock import SystemClock
from base.looplag import LoopLag
from base.metrics import Metrics
from tests.fakes.clock import FakeClock


def test_the_percentile_is_of_the_last_window() -> None:
    lag = LoopLag(FakeClock(), Metrics())
    assert lag.p99_s() == 0.0
    for _ in range(395):
        lag.note(0.001)
    for _ in range(5):
        lag.note(0.5)
    assert lag.p99_s() == 0.5
    for _ in range(400):
        lag.note(-0.001)
    assert lag.p99_s() == 0.0


def test_a_few_samples_say_nothing_yet() -> None:
    lag = LoopLag(FakeClock(), Metrics())
    for _ in range(99):
        lag.note(0.5)
    assert lag.p99_s() == 0.0
    lag.note(0.5)
    assert lag.p99_s() == 0.5


async def test_a_stall_is_noticed_and_no_task_is_left() -> None:
    before = asyncio.all_tasks()
    lag = LoopLag(SystemClock(), Metrics())
    async with lag.running():
        for _ in range(99):  # enough samples for a percentile; the stall is the next one
            lag.note(0.0)
        await asyncio.sleep(0)
        time.sleep(0.3)
        async with asyncio.timeout(5):
            while lag.p99_s() < 0.2:
                await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == before
