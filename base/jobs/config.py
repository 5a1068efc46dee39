"""The settings of the job queue; every key is explained in `config.yaml`."""

from typing import Annotated

from msgspec import Meta

from base.config import Section


class JobsConfig(Section, frozen=True, kw_only=True):
    parallel: Annotated[int, Meta(ge=1, le=64)] = 2
    lease_s: Annotated[float, Meta(ge=0.3, le=3600)] = 15
    kept_days: Annotated[int, Meta(ge=1, le=3650)] = 7
