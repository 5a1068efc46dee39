"""What every storage must do, run against the folder and against a real S3 server."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
from obstore.exceptions import BaseError

from base.storage import S3Storage, Storage, in_chunks, read_all, storage_of
from base.storage.config import StorageConfig
from base.storage.port import CHUNK_BYTES
from base.storage.s3 import why_unusable
from tests.fakes.s3_server import s3_server

LARGE = bytes(range(251)) * 60_000
"""15 MB: more than one part of an S3 upload, and no period of the chunks."""


@pytest.fixture(scope="module")
def bucket() -> Iterator[StorageConfig]:
    with s3_server() as config:
        yield config


@pytest.fixture(params=["local", "s3"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Storage]:
    if request.param == "local":
        yield storage_of(StorageConfig(), tmp_path)
        assert not list(tmp_path.rglob(".*"))
    else:
        storage = storage_of(request.getfixturevalue("bucket"), tmp_path)
        yield storage
        for key in [key async for key in storage.list()]:
            await storage.delete(key)


async def part(storage: Storage, key: str, start: int, end: int | None) -> bytes:
    async with storage.open(key, start, end) as chunks:
        return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("data", [b"", b"one", LARGE], ids=["empty", "small", "large"])
async def test_what_was_put_is_read_with_its_size_and_hash(storage: Storage, data: bytes) -> None:
    stored = await storage.put("photos/s_1/f_1.jpg", in_chunks(data))
    assert stored.size == len(data)
    assert stored.sha256 == hashlib.sha256(data).hexdigest()
    assert await storage.size("photos/s_1/f_1.jpg") == len(data)
    assert await read_all(storage, "photos/s_1/f_1.jpg") == data


async def test_the_later_put_wins(storage: Storage) -> None:
    await storage.put("a/b", in_chunks(b"one"))
    await storage.put("a/b", in_chunks(b"two!"))
    assert await read_all(storage, "a/b") == b"two!"
    assert [key async for key in storage.list()] == ["a/b"]


async def test_chunks_are_bounded(storage: Storage) -> None:
    await storage.put("a/b", in_chunks(LARGE))
    async with storage.open("a/b") as chunks:
        assert max([len(chunk) async for chunk in chunks]) <= CHUNK_BYTES


@pytest.mark.parametrize(
    ("start", "end"), [(0, 4), (3, None), (2, 5), (9, 10), (4, 99), (10, None), (50, 60), (4, 4)]
)
async def test_a_range_is_a_slice(storage: Storage, start: int, end: int | None) -> None:
    await storage.put("a/b", in_chunks(b"0123456789"))
    assert await part(storage, "a/b", start, end) == b"0123456789"[start:end]


async def test_what_is_not_there(storage: Storage) -> None:
    await storage.put("a/b", in_chunks(b"one"))
    await storage.delete("a/b")
    await storage.delete("a/b")
    assert not await storage.exists("a/b")
    with pytest.raises(KeyError):
        await storage.size("a/b")
    with pytest.raises(KeyError):
        async with storage.open("a/b"):
            pass


@pytest.mark.parametrize("sent", [b"new", LARGE], ids=["small", "large"])
async def test_a_put_that_fails_leaves_what_was_there(storage: Storage, sent: bytes) -> None:
    async def broken() -> AsyncIterator[bytes]:
        async for chunk in in_chunks(sent):
            yield chunk
        raise ConnectionResetError

    await storage.put("a/old", in_chunks(b"old"))
    for key in ("a/old", "a/new"):
        with pytest.raises(ConnectionResetError):
            await storage.put(key, broken())
    assert await read_all(storage, "a/old") == b"old"
    assert [key async for key in storage.list()] == ["a/old"]


async def test_keys_are_listed_by_folder(storage: Storage) -> None:
    for key in ("photos/a/1", "photos/ab/2", "photos/a/c/3", "other"):
        await storage.put(key, in_chunks(b"x"))
    assert {key async for key in storage.list("photos/a")} == {"photos/a/1", "photos/a/c/3"}
    assert len([key async for key in storage.list()]) == 4
    assert [key async for key in storage.list("none")] == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/",
        ".hidden",
        "a/.b",
        "a\x00b",
        "a b",
        "x" * 101,
        "é",
    ],
)
async def test_a_key_that_is_none_is_refused(storage: Storage, key: str) -> None:
    for refused in (storage.put(key, in_chunks(b"x")), storage.size(key), storage.delete(key)):
        with pytest.raises(ValueError, match="not a storage key"):
            await refused
    with pytest.raises(ValueError, match="not a storage key"):
        async with storage.open(key):
            pass


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"bucket": "nope"}, "there is no such bucket"),
        ({"endpoint": "http://127.0.0.1:1"}, "http://127.0.0.1:1 does not answer as an S3 server"),
    ],
    ids=["well", "no bucket", "no server"],
)
async def test_a_bucket_that_cannot_be_used_says_why(
    bucket: StorageConfig, changed: dict[str, str], why: str | None
) -> None:
    config = msgspec.structs.replace(bucket, **changed)
    assert await why_unusable(config) == why
    if why is None:
        assert [key async for key in storage_of(config, Path()).list()] == []


@pytest.mark.parametrize("endpoint", ["s3.example", "ftp://s3.example", "http://", "http://a:b"])
def test_an_endpoint_that_is_no_address_is_a_wrong_setting(endpoint: str) -> None:
    with pytest.raises(ValueError, match=r"storage.endpoint is not an address"):
        StorageConfig(endpoint=endpoint)


async def test_a_bucket_that_hangs_is_not_waited_for_longer_than_people_would(
    bucket: StorageConfig,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        endpoint = f"http://127.0.0.1:{hanging.getsockname()[1]}"
        lost = S3Storage(msgspec.structs.replace(bucket, endpoint=endpoint), timeout="1s")
        # One request and three more; the library's own patience is eleven.
        async with asyncio.timeout(8):
            with pytest.raises(BaseError):
                await lost.put("a/b", in_chunks(b"one"))
