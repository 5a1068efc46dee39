"""The settings of the recorder; every key is explained in `config.yaml`."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from base.config import Config, Seconds, Section


class RecorderConfig(Section, frozen=True, kw_only=True):
    folder: str = ""
    flush_interval_s: Seconds = 0.75
    min_free_bytes: Annotated[int, Meta(ge=0)] = 500_000_000


def recordings_dir(config: Config) -> Path:
    """Return the folder of the recordings."""
    return Path(config.of(RecorderConfig).folder or config.data_dir / "recordings")
