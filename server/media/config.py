"""The settings of the media plane; every key is explained in `config.yaml`."""

import msgspec

from base.config import Count, Port, Seconds, Section


class MediaSection(Section, frozen=True, kw_only=True):
    host: str = "0.0.0.0"
    port: Port = 8401
    announce: list[str] = msgspec.field(default_factory=list)
    interrupted_after_s: Seconds = 6
    rtcp_interval_s: Seconds = 1
    max_legs: Count = 1000
