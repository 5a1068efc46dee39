"""The mark of a restore under way: while it is there, no server starts on the half that is there.

(empty) ── begin: mark made and locked ── files, database last ── mark removed: an installation
                    killed ──> mark stays: only the same backup may be restored here again
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from base.config import Config
from base.errors import Refusal
from base.part import StartError
from recorder.files import sync_folder

NAME = "restore.unfinished"


def refuse_if_unfinished(config: Config) -> None:
    """Raise `StartError` when a restore into the data folder did not come to its end."""
    if (config.data_dir / NAME).exists():
        raise StartError(
            f"{config.data_dir} holds half of a backup: `inkcall restore` with the same file ends it."
        )


def marked(data: Path) -> str:
    """Return which backup's restore was not finished here, nothing when there was none."""
    try:
        return (data / NAME).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""


class RestoreMark:
    """A mark that is held."""

    def __init__(self, data: Path, descriptor: int) -> None:
        self._data = data
        self._descriptor = descriptor
        self.before = marked(data)
        """What it said when it was taken: not empty after a restore that was killed."""

    def write(self, digest: str) -> None:
        """Say which backup is being restored."""
        os.pwrite(self._descriptor, digest.encode(), 0)
        os.fsync(self._descriptor)
        sync_folder(self._data)

    def remove(self) -> None:
        """Say that what is here is whole, or nothing."""
        (self._data / NAME).unlink()
        sync_folder(self._data)


@contextlib.contextmanager
def marking(data: Path) -> Iterator[RestoreMark]:
    """Hold the mark for the time of the block; who does not remove it leaves it. Refuses with `busy`."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data / NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held it before may have removed it.
            held = os.fstat(descriptor).st_ino == path.stat().st_ino
        except (BlockingIOError, FileNotFoundError):
            held = False
        if not held:
            raise Refusal("busy", f"another restore into {data} is under way")
        yield RestoreMark(data, descriptor)
    finally:
        os.close(descriptor)
