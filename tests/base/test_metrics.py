"""Metrics: the names dashboards are built on, and no series of ids."""

import pytest

from base.metrics import Metrics

NAMES = (
    "inkcall_calls_total",
    "inkcall_rooms",
    "inkcall_members",
    "inkcall_sockets",
    "inkcall_messages_total",
    "inkcall_refused_total",
    "inkcall_media_packets_total",
    "inkcall_media_dropped_total",
    "inkcall_media_loss_ratio",
    "inkcall_loop_lag_p99_seconds",
    "inkcall_recorder_lag_seconds",
    "inkcall_recorder_bytes_total",
    "inkcall_sign_ins_total",
    "inkcall_photos_total",
    "inkcall_jobs",
)


def test_the_names_stay() -> None:
    text = Metrics().render().decode()
    for name in NAMES:
        assert f"# TYPE {name} " in text


def test_two_servers_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.calls.labels("accepted").inc()
    assert 'outcome="accepted"' in one.render().decode()
    assert 'outcome="accepted"' not in other.render().decode()


def test_a_part_makes_its_own_and_they_bear_our_name() -> None:
    metrics = Metrics()
    metrics.counter("inkcall_guests_total", "Guests", ["kind"]).labels("new").inc()
    metrics.gauge("inkcall_guests_here", "Guests now").set(3)
    text = metrics.render().decode()
    assert 'inkcall_guests_total{kind="new"} 1.0' in text
    assert "inkcall_guests_here 3.0" in text
    with pytest.raises(ValueError, match="guests"):
        metrics.gauge("guests", "Guests now")
