"""Object storage: bytes under a key. On the local disk today; the protocol leaves room for more."""

import asyncio
import os
import re
from pathlib import Path
from typing import Protocol

from base.ids import random_text

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}(/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}){0,7}")
"""Parts never start with a dot: no `..`, no hidden files, no absolute path."""


class Storage(Protocol):
    """Where photos and derived files are kept. Keys look like `photos/s_…/f_….jpg`."""

    async def put(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`; whoever reads sees all of it or what was there before."""
        ...

    async def get(self, key: str) -> bytes:
        """Return what is kept under `key`; `KeyError` if nothing is."""
        ...

    async def exists(self, key: str) -> bool:
        """Tell whether something is kept under `key`."""
        ...

    async def delete(self, key: str) -> None:
        """Forget `key`; nothing happens if it is not there."""
        ...

    def path(self, key: str) -> Path:
        """Return where the file of `key` lies, to be sent or to be written by another program."""
        ...


class LocalStorage:
    """Storage in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, key: str) -> Path:
        """Return the file of `key`; `ValueError` for anything that is not a plain key."""
        if not _KEY.fullmatch(key):
            raise ValueError("not a storage key")
        return self._root / key

    async def put(self, key: str, data: bytes) -> None:
        await asyncio.to_thread(_write_atomically, self.path(key), data)

    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self.path(key).read_bytes)
        except FileNotFoundError:
            raise KeyError(key) from None

    async def exists(self, key: str) -> bool:
        return await asyncio.to_thread(self.path(key).is_file)

    async def delete(self, key: str) -> None:
        path = self.path(key)
        await asyncio.to_thread(path.unlink, missing_ok=True)


def _write_atomically(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{random_text(8)}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    # The new name is in the folder, so the folder has to reach the disk as well.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
