"""The part `storage`: where files are kept, in a folder or in an S3 bucket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from base.part import Part, Process, StartError
from base.storage import Storage, storage_of
from base.storage.config import StorageConfig
from base.storage.s3 import why_unusable


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `Storage`; refuse to start without the bucket, since no file could be kept or shown."""
    config = process.config
    section = config.of(StorageConfig)
    if section.kind == "s3" and (why := await why_unusable(section)) is not None:
        raise StartError(
            f"the bucket {section.bucket} cannot be used ({why}). See storage in the settings."
        )
    process.provide(storage_of(section, config.data_dir / "objects"), as_=Storage)
    yield


PART = Part(name="storage", start=start, settings={"storage": StorageConfig})
