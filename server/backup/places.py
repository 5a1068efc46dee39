"""Where an installation keeps what a backup holds, as its settings say."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy.engine import make_url

from base.config import Config
from base.database_url import is_sqlite, normal_url
from base.storage import Storage, storage_of
from base.storage.config import StorageConfig
from recorder.config import recordings_dir
from recorder.files import SUFFIX


@dataclass(frozen=True, kw_only=True)
class Places:
    """Folders and files, which need not be there, the photos' storage, the database's address."""

    data: Path
    key: Path
    tls: Path
    """Certificates made here, and their authority: phones were told to trust it."""
    recordings: Path
    storage: Storage
    bucket: str
    """The storage's bucket; empty when photos lie in the data folder."""
    database_url: str

    @classmethod
    def of(cls, config: Config) -> Self:
        """Return those of an installation."""
        storage = config.of(StorageConfig)
        return cls(
            data=config.data_dir,
            key=config.secret_file,
            tls=config.data_dir / "tls",
            recordings=recordings_dir(config),
            storage=storage_of(storage, config.data_dir / "objects"),
            bucket=storage.bucket if storage.kind == "s3" else "",
            database_url=normal_url(config.database_url),
        )

    @property
    def database_file(self) -> Path | None:
        """Return SQLite's file, None for PostgreSQL."""
        url = self.database_url
        return Path(str(make_url(url).database)) if is_sqlite(url) else None

    def tls_files(self) -> dict[str, bytes]:
        """Return what the folder of certificates holds, by the name of the file."""
        if not self.tls.is_dir():
            return {}
        files = (path for path in sorted(self.tls.iterdir()) if not path.name.startswith("."))
        return {path.name: path.read_bytes() for path in files if path.is_file()}

    def recording_bytes(self) -> dict[str, int]:
        """Return how long each recording is at this moment, by the name of its file."""
        if not self.recordings.is_dir():
            return {}
        with os.scandir(self.recordings) as files:
            return {file.name: file.stat().st_size for file in files if file.name.endswith(SUFFIX)}
