"""The token bucket slows down and never loses count."""

import pytest

from server.sockets.rate import TokenBucket


def test_a_burst_passes_and_then_the_rate_holds() -> None:
    bucket = TokenBucket(rate=10, burst=3, now=0.0)
    assert [bucket.take(0.0) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(0.0) == pytest.approx(0.1)
    assert bucket.take(0.0) == pytest.approx(0.2)
    assert bucket.take(10.0) == 0


def test_a_large_message_costs_more() -> None:
    bucket = TokenBucket(rate=10, burst=3, now=0.0)
    assert bucket.take(0.0, cost=4) == pytest.approx(0.1)
