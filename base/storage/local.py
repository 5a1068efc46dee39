"""Object storage in a folder: a put is on the disk, and under its name, before it is said to be done."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from base.ids import random_text
from base.storage.port import CHUNK_BYTES, Stored, checked


class LocalStorage:
    """`base.storage.port.Storage` in a folder; all work on files is done in threads."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, chunks: AsyncIterable[bytes]) -> Stored:
        path = self._path(key)
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{random_text(8)}")
        digest, size = hashlib.sha256(), 0
        # Opened here and not in a thread: a cancelled put must know the file it has to remove.
        file = _create(draft)
        try:
            async for chunk in chunks:
                await asyncio.to_thread(file.write, chunk)
                digest.update(chunk)
                size += len(chunk)
            await asyncio.to_thread(_finish, file, draft, path)
        except BaseException:
            file.close()
            draft.unlink(missing_ok=True)
            raise
        return Stored(size, digest.hexdigest())

    @asynccontextmanager
    async def open(
        self, key: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        path = self._path(key)
        try:
            file = await asyncio.to_thread(path.open, "rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise KeyError(key) from None
        try:
            yield _read(file, start, end)
        finally:
            file.close()

    async def size(self, key: str) -> int:
        path = self._path(key)
        if not await asyncio.to_thread(path.is_file):
            raise KeyError(key)
        try:
            return (await asyncio.to_thread(path.stat)).st_size
        except FileNotFoundError:
            raise KeyError(key) from None

    async def exists(self, key: str) -> bool:
        return await asyncio.to_thread(self._path(key).is_file)

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def list(self, prefix: str = "") -> AsyncIterator[str]:
        folder = self._path(prefix) if prefix else self._root
        for key in await asyncio.to_thread(_keys, self._root, folder):
            yield key

    def _path(self, key: str) -> Path:
        return self._root / checked(key)


def _keys(root: Path, folder: Path) -> list[str]:
    # What starts with a dot is a draft of a put under way.
    return [
        path.relative_to(root).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    ]


def _create(draft: Path) -> BinaryIO:
    return draft.open("xb")


def _finish(file: BinaryIO, draft: Path, path: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()
    draft.replace(path)
    # The new name is in the folder, so the folder has to reach the disk as well.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


async def _read(file: BinaryIO, start: int, end: int | None) -> AsyncIterator[bytes]:
    await asyncio.to_thread(file.seek, start)
    left = None if end is None else max(0, end - start)
    while left is None or left > 0:
        chunk = await asyncio.to_thread(
            file.read, CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)
        )
        if not chunk:
            return
        if left is not None:
            left -= len(chunk)
        yield chunk
