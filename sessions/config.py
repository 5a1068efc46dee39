"""The settings of sessions and their forms; every key is explained in `config.yaml`."""

from typing import Annotated

from msgspec import Meta

from base.config import Section


class SessionsConfig(Section, frozen=True, kw_only=True):
    valid_together_s: Annotated[float, Meta(ge=0)] = 60
    valid_voice_s: Annotated[float, Meta(ge=0)] = 3
    form_together_s: Annotated[float, Meta(ge=0)] = 60
    form_days: Annotated[int, Meta(ge=1, le=3650)] = 7
