"""The part `storage`: where files are kept, in a folder or in an S3 bucket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from base.part import Part, Process
from base.storage import Storage, storage_of
from base.storage.config import StorageConfig


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `Storage`."""
    config = process.config
    process.provide(storage_of(config.of(StorageConfig), config.data_dir / "objects"), as_=Storage)
    yield


PART = Part(name="storage", start=start, settings={"storage": StorageConfig})
