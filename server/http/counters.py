"""What is counted of the HTTP interface."""

from base.metrics import Metrics


class HttpCounters:
    """The counters of answers and of photos that were sent in."""

    def __init__(self, metrics: Metrics) -> None:
        self.responses = metrics.counter(
            "inkcall_http_responses_total",
            "HTTP responses, by first digit of the status",
            ["status"],
        )
        self.photos = metrics.counter(
            "inkcall_photos_total", "Photos that were sent in", ["result"]
        )
