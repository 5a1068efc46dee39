"""What the process counts and measures, in a registry of its own (Prometheus text format)."""

from collections.abc import Sequence

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

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def _ours(name: str) -> str:
    if not name.startswith("inkcall_"):
        raise ValueError(f"the metric {name} does not begin with inkcall_")
    return name


class Metrics:
    """All counters and gauges; labels take few, fixed values, never an id or a name."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self.registry = registry
        self.calls = Counter(
            "inkcall_calls_total", "Calls that ended, by outcome", ["outcome"], registry=registry
        )
        self.rooms = Gauge("inkcall_rooms", "Rooms that are open", registry=registry)
        self.members = Gauge(
            "inkcall_members", "Members connected to rooms", ["role"], registry=registry
        )
        self.sockets = Gauge("inkcall_sockets", "Open WebSockets", ["kind"], registry=registry)
        self.messages = Counter(
            "inkcall_messages_total",
            "Messages on WebSockets",
            ["socket", "direction"],
            registry=registry,
        )
        self.refused = Counter(
            "inkcall_refused_total", "Refusals, by code", ["code"], registry=registry
        )
        self.media_packets = Counter(
            "inkcall_media_packets_total", "RTP packets", ["direction"], registry=registry
        )
        self.media_dropped = Counter(
            "inkcall_media_dropped_total",
            "Datagrams that went no further, by reason",
            ["reason"],
            registry=registry,
        )
        self.media_loss_ratio = Gauge(
            "inkcall_media_loss_ratio", "Mean packet loss of all legs, 0 to 1", registry=registry
        )
        self.loop_lag_p99 = Gauge(
            "inkcall_loop_lag_p99_seconds",
            "How late the event loop runs, 99th percentile of the last window",
            registry=registry,
        )
        self.recorder_lag = Gauge(
            "inkcall_recorder_lag_seconds",
            "Age of the oldest byte not yet on disk, worst recording",
            registry=registry,
        )
        self.recorder_bytes = Counter(
            "inkcall_recorder_bytes_total", "Bytes written to recordings", registry=registry
        )
        self.sign_ins = Counter(
            "inkcall_sign_ins_total", "Attempts to sign in", ["result"], registry=registry
        )
        self.photos = Counter(
            "inkcall_photos_total", "Photos that were sent in", ["result"], registry=registry
        )
        self.http = Counter(
            "inkcall_http_responses_total",
            "HTTP responses, by first digit of the status",
            ["status"],
            registry=registry,
        )
        self.events_failed = Counter(
            "inkcall_event_failures_total",
            "Domain events a subscription could not handle and will be given again",
            ["part", "subscription"],
            registry=registry,
        )
        self.events_behind = Gauge(
            "inkcall_events_behind",
            "Domain events that are new to a subscription",
            ["part", "subscription"],
            registry=registry,
        )
        self.events_waiting = Gauge(
            "inkcall_events_waiting",
            "Domain events that failed, or wait behind one of the same scope that did",
            ["part", "subscription"],
            registry=registry,
        )
        self.events_lag = Gauge(
            "inkcall_events_lag_seconds",
            "Age of the oldest domain event a subscription has not handled",
            ["part", "subscription"],
            registry=registry,
        )
        self.event_writes_failed = Counter(
            "inkcall_event_write_failures_total",
            "Times that domain events could not be written and were kept for another try",
            registry=registry,
        )
        self.events_lost = Counter(
            "inkcall_events_lost_total",
            "Domain events that were given up before they were written",
            registry=registry,
        )
        self.jobs = Gauge(
            "inkcall_jobs",
            "Jobs by kind and state (queued, running, failed)",
            ["kind", "state"],
            registry=registry,
        )
        self.task_failures = Counter(
            "inkcall_task_failures_total",
            "Failures of a part's own endless work, which begins again",
            ["task"],
            registry=registry,
        )
        ProcessCollector(registry=registry)

    def counter(self, name: str, text: str, labels: Sequence[str] = ()) -> Counter:
        """Make a counter of a part's own; its name begins with `inkcall_` and the part's name."""
        return Counter(_ours(name), text, labels, registry=self.registry)

    def gauge(self, name: str, text: str, labels: Sequence[str] = ()) -> Gauge:
        """Make a gauge of a part's own; its name begins with `inkcall_` and the part's name."""
        return Gauge(_ours(name), text, labels, registry=self.registry)

    def render(self) -> bytes:
        """Return everything in the text format scrapers read."""
        return generate_latest(self.registry)
