"""Where a session's recording lies, and the system calls that put bytes there to stay."""

import os
import re
from pathlib import Path

SUFFIX = ".inkrec"
# Stricter than the wire's ids: "." and ":" could leave the folder or mean something to it.
_SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")


def recording_path(folder: Path, session: str) -> Path:
    """Return the file of a session; raise `ValueError` for what cannot be a session's id."""
    if not _SESSION.fullmatch(session):
        raise ValueError("no session id")
    return folder / f"{session}{SUFFIX}"


def free_bytes(folder: Path) -> int:
    """Return what an unprivileged process may still write beside `folder`'s files."""
    stat = os.statvfs(folder)
    return stat.f_bavail * stat.f_frsize


def create(folder: Path, session: str, head: bytes) -> int:
    """Create a session's file with `head` in it, safe on the disk; return its descriptor.

    Raises `OSError`, also when the file exists: a recording is never written over.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = recording_path(folder, session)
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o640
    )
    try:
        write_through(descriptor, head)
        sync_folder(folder)
    except BaseException:
        os.close(descriptor)
        path.unlink(missing_ok=True)
        raise
    return descriptor


def write_through(descriptor: int, data: bytes | bytearray) -> None:
    """Write all of `data` and wait until the disk has it; raise `OSError`."""
    with memoryview(data) as view:
        done = 0
        while done < len(view):
            done += os.write(descriptor, view[done:])
    # fdatasync also flushes the file's length, which is all that reading back needs.
    os.fdatasync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power failure; raise `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
