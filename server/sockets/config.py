"""The settings of sockets and rooms; every key is explained in `config.yaml`."""

from base.config import Bytes, Count, Seconds, Section


class RoomsConfig(Section, frozen=True, kw_only=True):
    grace_s: Seconds = 60
    limit_s: Seconds = 1800
    warning_s: Seconds = 1500
    max_rooms: Count = 500
    max_loop_lag_s: Seconds = 0.25
    kept_events: Count = 2000
    hello_s: Seconds = 10
    idle_s: Seconds = 12
    max_sockets: Count = 5000
    max_sockets_per_person: Count = 10
    outbox_messages: Count = 4000
    outbox_bytes: Bytes = 8_000_000
    messages_per_s: Count = 200
    messages_burst: Count = 1000

    def __post_init__(self) -> None:
        if self.warning_s >= self.limit_s:
            raise ValueError("rooms.warning_s: must be less than rooms.limit_s")
