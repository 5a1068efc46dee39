"""Object storage: bytes under a key, in a folder or in an S3 bucket, as the settings say."""

from pathlib import Path

from base.storage.config import StorageConfig
from base.storage.local import LocalStorage
from base.storage.port import Storage, Stored, in_chunks, read_all
from base.storage.s3 import S3Storage

__all__ = ["LocalStorage", "S3Storage", "Storage", "Stored", "in_chunks", "read_all", "storage_of"]


def storage_of(config: StorageConfig, folder: Path) -> Storage:
    """Return the storage the settings ask for; `folder` is used by the local one."""
    return S3Storage(config) if config.kind == "s3" else LocalStorage(folder)
