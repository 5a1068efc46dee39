"""Where a backup is written before it is whole: a locked folder beside it, and a file synced on the way."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from base.errors import Refusal

_SYNC_EVERY_BYTES = 32 * 1024 * 1024
"""Little is left to be written at once: a recording on the same disk must not wait for it."""


@contextlib.contextmanager
def working_folder(file: Path) -> Iterator[Path]:
    """Give a locked folder beside the file to be, gone afterwards; what a killed one left is taken over.

    Refuses with `no_folder` and `busy`.
    """
    if not file.parent.is_dir():
        raise Refusal("no_folder", f"there is no folder {file.parent}")
    work = file.with_name(f"{file.name}.part")
    work.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(work, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if not _locked(lock, work):
            raise Refusal("busy", f"another backup is being written to {file}")
        for left in work.iterdir():
            left.unlink()
        try:
            yield work
        finally:
            shutil.rmtree(work)
    finally:
        os.close(lock)


def sweep(folder: Path, pattern: str) -> None:
    """Remove what backups that were killed have left; one that is being written is not touched."""
    for work in folder.glob(f"{pattern}.part"):
        lock = os.open(work, os.O_RDONLY | os.O_DIRECTORY)
        try:
            if _locked(lock, work):
                shutil.rmtree(work)
        finally:
            os.close(lock)


def _locked(lock: int, work: Path) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it before may have taken the folder away with it.
        return os.fstat(lock).st_ino == work.stat().st_ino
    except (BlockingIOError, FileNotFoundError):
        return False


class SyncedFile:
    """A new file for its owner's eyes, brought to the disk as it is written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting = 0

    def __enter__(self) -> "SyncedFile":
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._sync()
        finally:
            # What could not be written is not tried again.
            with contextlib.suppress(OSError):
                self._file.close()

    def write(self, data: bytes) -> None:
        """Append; raises `OSError`."""
        self._file.write(data)
        self._waiting += len(data)
        if self._waiting >= _SYNC_EVERY_BYTES:
            self._sync()

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._waiting = 0
