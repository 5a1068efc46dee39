"""What the process counts and measures, in a registry of its own (Prometheus text format)."""

from collections.abc import Sequence
from typing import TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

# A second series for each counter that says when it was made; nobody reads it.
disable_created_metrics()  # type: ignore[no-untyped-call]

Made = TypeVar("Made", Counter, Gauge)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Where every part makes its counters and gauges; labels take few, fixed values, never an id or a name."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._made: dict[str, Counter | Gauge] = {}
        self.refused = self.counter("inkcall_refused_total", "Refusals, by code", ["code"])
        self.task_failures = self.counter(
            "inkcall_task_failures_total",
            "Failures of a part's own endless work, which begins again",
            ["task"],
        )
        self._add_events()
        ProcessCollector(registry=registry)

    def _add_events(self) -> None:
        of = ["part", "subscription"]
        self.events_failed = self.counter(
            "inkcall_event_failures_total",
            "Domain events a subscription could not handle and will be given again",
            of,
        )
        self.events_behind = self.gauge(
            "inkcall_events_behind", "Domain events that are new to a subscription", of
        )
        self.events_waiting = self.gauge(
            "inkcall_events_waiting",
            "Domain events that failed, or wait behind one of the same scope that did",
            of,
        )
        self.events_lag = self.gauge(
            "inkcall_events_lag_seconds",
            "Age of the oldest domain event a subscription has not handled",
            of,
        )
        self.event_writes_failed = self.counter(
            "inkcall_event_write_failures_total",
            "Times that domain events could not be written and were kept for another try",
        )
        self.events_lost = self.counter(
            "inkcall_events_lost_total", "Domain events that were given up before they were written"
        )

    def counter(self, name: str, text: str, labels: Sequence[str] = ()) -> Counter:
        """Return the counter of that name, made when it is asked for first.

        ValueError if the name does not begin with `inkcall_` (after which the part's name stands), or
        is another's: a gauge, or a counter with other labels.
        """
        return self._get(Counter, name, text, labels)

    def gauge(self, name: str, text: str, labels: Sequence[str] = ()) -> Gauge:
        """Return the gauge of that name, as `counter` does."""
        return self._get(Gauge, name, text, labels)

    def render(self) -> bytes:
        """Return everything in the text format scrapers read."""
        return generate_latest(self.registry)

    def _get(self, kind: type[Made], name: str, text: str, labels: Sequence[str]) -> Made:
        if not name.startswith("inkcall_"):
            raise ValueError(f"the metric {name} does not begin with inkcall_")
        if (made := self._made.get(name)) is None:
            made = self._made[name] = kind(name, text, labels, registry=self.registry)
        if not isinstance(made, kind) or made._labelnames != tuple(labels):
            raise ValueError(f"the metric {name} is there already, and another")
        return made
