"""What object storage promises, whoever keeps the bytes: streams in, ranges out, whole or not at all."""

import re
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

CHUNK_BYTES = 256 * 1024
"""The most bytes a reader is handed at once; what one open object costs in memory."""

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}(/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}){0,7}")
"""Parts never start with a dot: no `..`, no hidden files, no absolute path."""


@dataclass(frozen=True)
class Stored:
    """What a put has kept: its size in bytes and the SHA-256 of them, in hexadecimal."""

    size: int
    sha256: str


class Storage(Protocol):
    """Where files are kept. Every method raises `ValueError` for what is no key."""

    async def put(self, key: str, chunks: AsyncIterable[bytes]) -> Stored:
        """Keep the chunks under `key`; a put that fails leaves what was there before."""
        ...

    def open(
        self, key: str, start: int = 0, end: int | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Give bytes `start` to `end`, `end` excluded, clipped like a slice; `KeyError` on entering."""
        ...

    async def size(self, key: str) -> int:
        """Return the size in bytes; `KeyError` if nothing is kept under `key`."""
        ...

    async def exists(self, key: str) -> bool:
        """Tell whether something is kept under `key`."""
        ...

    async def delete(self, key: str) -> None:
        """Forget `key`; nothing happens if it is not there."""
        ...

    def list(self, prefix: str = "") -> AsyncIterator[str]:
        """Give the keys below the folder `prefix`, in no order; all keys without one."""
        ...


def checked(key: str) -> str:
    """Return `key`; `ValueError` for anything that is not a plain key."""
    if not _KEY.fullmatch(key):
        raise ValueError("not a storage key")
    return key


async def in_chunks(data: bytes) -> AsyncIterator[bytes]:
    """Give bytes that are in memory already as a stream to put."""
    view = memoryview(data)
    for start in range(0, len(data), CHUNK_BYTES):
        yield bytes(view[start : start + CHUNK_BYTES])


async def read_all(storage: Storage, key: str) -> bytes:
    """Return the whole of a small object; `KeyError` if nothing is kept under `key`."""
    async with storage.open(key) as chunks:
        return b"".join([chunk async for chunk in chunks])
