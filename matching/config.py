"""The settings of calls; every key is explained in `config.yaml`."""

from base.config import Seconds, Section


class CallsConfig(Section, frozen=True, kw_only=True):
    ring_s: Seconds = 20
