"""The settings of photos; every key is explained in `config.yaml`."""

from typing import Annotated

from msgspec import Meta

from base.config import Bytes, Count, Seconds, Section


class PhotosConfig(Section, frozen=True, kw_only=True):
    max_bytes: Bytes = 15_000_000
    max_pixels: Count = 50_000_000
    side: Annotated[int, Meta(ge=16, le=10_000)] = 2560
    quality: Annotated[int, Meta(ge=1, le=100)] = 85
    timeout_s: Seconds = 60
    waiting: Count = 20
    per_session: Count = 100
