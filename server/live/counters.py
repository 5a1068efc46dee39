"""What is counted of the rooms that are open."""

from base.metrics import Metrics


class RoomCounters:
    """The counters and gauges of rooms, their members and their voices."""

    def __init__(self, metrics: Metrics) -> None:
        self.rooms = metrics.gauge("inkcall_rooms", "Rooms that are open")
        self.members = metrics.gauge("inkcall_members", "Members connected to rooms", ["role"])
        self.loss_ratio = metrics.gauge(
            "inkcall_media_loss_ratio", "Mean packet loss of all legs, 0 to 1"
        )
