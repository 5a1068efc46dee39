"""Object storage in an S3 bucket, by obstore: large puts go up in parts and appear when complete."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import (
    BaseError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from base.storage.config import StorageConfig
from base.storage.port import CHUNK_BYTES, Stored, checked

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_PART_BYTES = 5 * 1024 * 1024
"""The smallest part S3 takes, the last one excepted; an upload holds a few of them in memory."""
_PARTS_AT_ONCE = 2

_MISSING = (NotFoundError, FileNotFoundError)
_FORBIDDEN = (PermissionDeniedError, PermissionError, UnauthenticatedError)
_TRIED = "tried-at-start"
_PATIENCE: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
"""The library's own is three minutes, in which somebody watches their upload not arrive."""


class S3Storage:
    """`base.storage.port.Storage` in a bucket."""

    def __init__(self, config: StorageConfig, timeout: str = "30s") -> None:
        """`timeout` bounds each request, not an object of many parts."""
        self._store = _store(config, timeout)

    async def put(self, key: str, chunks: AsyncIterable[bytes]) -> Stored:
        digest, size = hashlib.sha256(), 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                yield chunk

        await obstore.put_async(
            self._store,
            checked(key),
            counted(),
            chunk_size=_PART_BYTES,
            max_concurrency=_PARTS_AT_ONCE,
        )
        return Stored(size, digest.hexdigest())

    @asynccontextmanager
    async def open(
        self, key: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        checked(key)
        size = await self.size(key)
        end = size if end is None else min(end, size)
        if start >= end:
            # S3 answers an empty range with an error.
            yield _nothing()
            return
        try:
            found = await obstore.get_async(self._store, key, options={"range": (start, end)})
        except _MISSING:
            raise KeyError(key) from None
        yield _bounded(found.stream(min_chunk_size=CHUNK_BYTES))

    async def size(self, key: str) -> int:
        try:
            return (await obstore.head_async(self._store, checked(key)))["size"]
        except _MISSING:
            raise KeyError(key) from None

    async def exists(self, key: str) -> bool:
        try:
            await self.size(key)
        except KeyError:
            return False
        return True

    async def delete(self, key: str) -> None:
        try:
            await obstore.delete_async(self._store, checked(key))
        except _MISSING:
            return

    async def list(self, prefix: str = "") -> AsyncIterator[str]:
        folder = checked(prefix) if prefix else None
        async for batch in obstore.list(self._store, prefix=folder):
            for entry in batch:
                yield entry["path"]


async def why_unusable(config: StorageConfig) -> str | None:
    """Return why nothing can be kept in the bucket, None if it can: a small object is put and deleted."""
    # An operator is waiting.
    store = _store(config, "5s")
    try:
        await obstore.put_async(store, _TRIED, b"")
        await obstore.delete_async(store, _TRIED)
    except _MISSING:
        return "there is no such bucket"
    except _FORBIDDEN:
        return "the keys are wrong, or may not write and delete in it"
    # Texts of the library fill a page and hold addresses.
    except (BaseError, OSError):
        return f"{config.endpoint or 'S3'} does not answer as an S3 server"
    return None


def _store(config: StorageConfig, timeout: str) -> S3Store:
    options: ClientConfig = {
        "allow_http": config.endpoint.startswith("http://"),
        "timeout": timeout,
    }
    return S3Store(
        config.bucket,
        prefix=config.prefix or None,
        endpoint=config.endpoint or None,
        region=config.region,
        access_key_id=config.access_key,
        secret_access_key=config.secret_key,
        # Servers of one's own are mostly known by one name for all buckets.
        virtual_hosted_style_request=False,
        client_options=options,
        retry_config=_PATIENCE,
    )


async def _nothing() -> AsyncIterator[bytes]:
    empty: tuple[bytes, ...] = ()
    for chunk in empty:
        yield chunk


async def _bounded(stream: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    async for piece in stream:
        view = memoryview(piece)
        for start in range(0, len(view), CHUNK_BYTES):
            yield bytes(view[start : start + CHUNK_BYTES])
