"""Metrics: made by whoever counts, apart for each server, under our name."""

import pytest

from base.metrics import Metrics


def test_two_servers_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.refused.labels("forbidden").inc()
    assert 'code="forbidden"' in one.render().decode()
    assert 'code="forbidden"' not in other.render().decode()


def test_a_part_makes_its_own_and_they_bear_our_name() -> None:
    metrics = Metrics()
    metrics.counter("inkcall_guests_total", "Guests", ["kind"]).labels("new").inc()
    metrics.counter("inkcall_guests_total", "Guests", ["kind"]).labels("new").inc()
    metrics.gauge("inkcall_guests_here", "Guests now").set(3)
    text = metrics.render().decode()
    assert 'inkcall_guests_total{kind="new"} 2.0' in text
    assert "inkcall_guests_here 3.0" in text
    with pytest.raises(ValueError, match="guests"):
        metrics.gauge("guests", "Guests now")
    for make in (metrics.gauge, metrics.counter):
        with pytest.raises(ValueError, match="inkcall_guests_total"):
            make("inkcall_guests_total", "Guests")
