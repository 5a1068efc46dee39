"""The settings of object storage; every key is explained in `config.yaml`."""

from typing import ClassVar, Literal
from urllib.parse import urlsplit

from base.config import Section


class StorageConfig(Section, frozen=True, kw_only=True):
    environment_only: ClassVar[tuple[str, ...]] = ("access_key", "secret_key")

    kind: Literal["local", "s3"] = "local"
    bucket: str = ""
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: str = ""

    def __post_init__(self) -> None:
        if self.kind == "s3" and not (self.bucket and self.access_key and self.secret_key):
            raise ValueError("storage.kind: s3 needs bucket, access_key and secret_key")
        # The library ends the whole process over what is no address.
        if self.endpoint and not _is_address(self.endpoint):
            raise ValueError("storage.endpoint is not an address like https://s3.example")

    def __repr__(self) -> str:
        """Name the place and never the keys: settings end up in logs and in test reports."""
        return f"StorageConfig(kind={self.kind!r}, bucket={self.bucket!r}, prefix={self.prefix!r})"


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        known = text.startswith(("http://", "https://"))
        return known and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
