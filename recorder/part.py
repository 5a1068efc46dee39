"""The part `recorder`: the kept recordings, and the flusher that brings new ones to the disk."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from base.part import HealthCheck, Part, Process, StartError
from recorder.config import RecorderConfig, recordings_dir
from recorder.flusher import Flusher
from recorder.gauges import RecorderGauges
from recorder.library import Library


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `Library` and `Flusher`."""
    config = process.config
    folder = recordings_dir(config)
    section = config.of(RecorderConfig)
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(
            f"{error.filename or folder} cannot be written ({error.strerror}): "
            "give the recordings a folder with INKCALL__RECORDER__FOLDER."
        ) from error
    flusher = Flusher(section.flush_interval_s)
    process.provide(Library(folder))
    process.provide(flusher)
    gauges = RecorderGauges(flusher, process.metrics)
    process.work += [flusher.running(), gauges.running()]
    process.health["disk"] = disk_check(folder, section.min_free_bytes)
    yield


def disk_check(folder: Path, min_free_bytes: int) -> HealthCheck:
    """Return a check whether the disk of `folder` has room for a new recording."""

    async def has_room() -> bool:
        # A disk without a byte is full, whatever the settings ask for.
        return await asyncio.to_thread(_free_bytes, folder) >= max(1, min_free_bytes)

    return has_room


def _free_bytes(folder: Path) -> int:
    """Return what is free where `folder` is, or was: somebody may have taken it away."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


PART = Part(
    name="recorder",
    start=start,
    settings={"recorder": RecorderConfig},
    codes={"no_recording": 404, "not_rendered": 409},
)
