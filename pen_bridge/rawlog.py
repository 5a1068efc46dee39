"""The raw log: everything a link gave, kept in two files of bounded size, because bytes outlive bugs.

A line an entry: ms since the log was opened, a tab, `in` or `out`, a tab, the bytes in hex. The
newer half is in `PATH`, the older in `PATH.1`. It holds ink, so only its owner may read it.
"""

import os
from pathlib import Path
from typing import BinaryIO, Literal

from pen_bridge.clock import Clock

LIMIT_BYTES = 64 * 1024 * 1024


class RawLog:
    """Appends link data; when it cannot write any more it says so once and is silent."""

    def __init__(self, path: Path, clock: Clock, limit_bytes: int = LIMIT_BYTES) -> None:
        """Open `path` for appending; raises OSError."""
        self.failed = ""
        """Why nothing is written any more, or empty."""
        self._path = path
        self._clock = clock
        self._limit = limit_bytes // 2
        self._opened = clock.now()
        self._file: BinaryIO = self._open()

    def keep(self, direction: Literal["in", "out"], data: bytes) -> None:
        """Keep what came from the link or was sent to it."""
        if self.failed:
            return
        at = int((self._clock.now() - self._opened) * 1000)
        line = f"{at}\t{direction}\t{data.hex()}\n".encode()
        try:
            if self._file.tell() + len(line) > self._limit:
                self._file.close()
                self._path.replace(self._path.with_name(self._path.name + ".1"))
                self._file = self._open()
            self._file.write(line)
        except OSError as error:
            self.failed = error.strerror or "it cannot be written"

    def close(self) -> None:
        """Write the rest and close."""
        try:
            self._file.close()
        except OSError as error:
            self.failed = error.strerror or "it cannot be written"

    def _open(self) -> BinaryIO:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        file = os.fdopen(descriptor, "ab")
        if file.tell() == 0:
            file.write(b"# inkcall raw log 1\n")
        return file
