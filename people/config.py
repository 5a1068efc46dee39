"""The settings of accounts, sign-ins and pens; every key is explained in `config.yaml`."""

from typing import Annotated

from msgspec import Meta

from base.config import Count, Seconds, Section


class PeopleConfig(Section, frozen=True, kw_only=True):
    access_token_s: Seconds = 600
    refresh_token_s: Seconds = 30 * 86400
    brief_token_s: Seconds = 12 * 3600
    rotation_grace_s: Annotated[float, Meta(ge=0, le=60)] = 10
    attempts_per_login: Count = 10
    attempts_per_address: Count = 100
    attempts_window_s: Seconds = 300
    argon2_time_cost: Annotated[int, Meta(ge=1, le=100)] = 2
    argon2_memory_kib: Annotated[int, Meta(ge=8, le=4_194_304)] = 19_456
    argon2_parallelism: Annotated[int, Meta(ge=1, le=64)] = 1
    hashes_at_once: Annotated[int, Meta(ge=1, le=64)] = 1
    pairing_code_s: Seconds = 600
    pairing_interval_s: Annotated[int, Meta(ge=1, le=60)] = 2
    max_pairings: Count = 1000

    def __post_init__(self) -> None:
        if self.access_token_s >= self.refresh_token_s:
            raise ValueError("people.access_token_s: must be less than people.refresh_token_s")
        if self.access_token_s >= self.brief_token_s:
            raise ValueError("people.access_token_s: must be less than people.brief_token_s")
