"""The file of a backup: a tar of all that is kept, and at its end a manifest with each size and SHA-256.

    secret.key | tls/<file> … | database.sqlite | recordings/<session>.inkrec … | objects/<key> … |
    manifest.json | manifest.sha256

Pure but for reading and writing the one file. What has no manifest was not finished; what differs from it
is damaged.
"""

import hashlib
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

import msgspec

from base.storage.port import checked

FORMAT = 1
CHUNK_BYTES = 1024 * 1024
KEY, DATABASE, RECORDINGS, OBJECTS = "secret.key", "database.sqlite", "recordings/", "objects/"
_MANIFEST, _DIGEST = "manifest.json", "manifest.sha256"
TLS = "tls/"
_RECORDING = re.compile(r"[A-Za-z0-9_-]{1,64}\.inkrec")
_TLS_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")
_MANIFEST_BYTES = 2**30
_NO_TAR = "it ends too early, or is no tar at all"


class ByteWriter(Protocol):
    """Where a backup is written to."""

    def write(self, data: bytes, /) -> object: ...


class Damaged(Exception):
    """The file is no whole backup; the text says what is wrong with it, and names nobody."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One file in a backup."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds, and as of when."""

    format: int = FORMAT
    taken_ms: int
    """Unix ms of the moment the database was seen at."""
    revisions: list[str]
    """What the database was migrated to."""
    entries: list[Entry]

    @property
    def bytes(self) -> int:
        """Return the size of all that is kept."""
        return sum(entry.bytes for entry in self.entries)

    def count(self, folder: str) -> int:
        """Return how many files lie below a folder."""
        return sum(entry.name.startswith(folder) for entry in self.entries)

    @property
    def digest(self) -> str:
        """Return what tells this backup from every other one."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class Writer:
    """Writes a backup from beginning to end: for each file `begin`, `write` …, `end`; then `finish`."""

    def __init__(self, file: ByteWriter) -> None:
        self._file = file
        self._entries: list[Entry] = []
        self._name = ""
        self._size = self._left = 0
        self._hash = hashlib.sha256()

    def begin(self, name: str, size: int) -> None:
        """Begin a file, whose size must be known."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self._file.write(info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict"))
        self._name, self._size, self._left, self._hash = name, size, size, hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        """Write the next bytes of it."""
        self._left -= len(chunk)
        self._hash.update(chunk)
        self._file.write(chunk)

    def end(self) -> None:
        """End the file; raise `Damaged` when it was not as long as had been said."""
        if self._left:
            raise Damaged(f"{self._name} changed while it was read")
        self._file.write(b"\0" * (-self._size % tarfile.BLOCKSIZE))
        entry = Entry(name=self._name, bytes=self._size, sha256=self._hash.hexdigest())
        self._entries.append(entry)

    def finish(self, taken_ms: int, revisions: list[str]) -> Manifest:
        """Write the manifest, and return it."""
        made = Manifest(taken_ms=taken_ms, revisions=revisions, entries=self._entries[:])
        kept = msgspec.json.encode(made)
        digest = f"{hashlib.sha256(kept).hexdigest()}  {_MANIFEST}\n".encode()
        for name, data in ((_MANIFEST, kept), (_DIGEST, digest)):
            self.begin(name, len(data))
            self.write(data)
            self.end()
        self._file.write(b"\0" * (2 * tarfile.BLOCKSIZE))
        return made


def verified(path: Path) -> Manifest:
    """Read a backup from beginning to end; raise `Damaged` unless each byte is as it was written."""
    found: dict[str, Entry] = {}
    ends: dict[str, bytes] = {}
    for name, size, chunks in members(path):
        if name in found or name in ends:
            raise Damaged(f"{name} is in it twice")
        if name in (_MANIFEST, _DIGEST):
            if size > _MANIFEST_BYTES:
                raise Damaged("its manifest is too large")
            ends[name] = b"".join(chunks)
            continue
        digest = hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk)
        found[name] = Entry(name=name, bytes=size, sha256=digest.hexdigest())
    manifest = _manifest(ends)
    for entry in manifest.entries:
        if found.pop(entry.name, None) != entry:
            raise Damaged(f"{entry.name} is not as it was written")
    if found:
        raise Damaged(f"{next(iter(found))} is not in its manifest")
    if not {KEY, DATABASE} <= {entry.name for entry in manifest.entries}:
        raise Damaged("it holds no database or no key")
    return manifest


def members(path: Path) -> Iterator[tuple[str, int, Iterator[bytes]]]:
    """Give name, size and bytes of each file in a backup; raise `Damaged` where it cannot be read.

    Names are ones that a backup may hold: none leads out of a folder.
    """
    try:
        with tarfile.open(path, "r:") as tar:
            for info in tar:
                if not info.isreg() or not _is_ours(info.name):
                    raise Damaged("it holds what no backup holds")
                file = tar.extractfile(info)
                assert file is not None
                yield info.name, info.size, _chunks(file)
    except tarfile.TarError as error:
        raise Damaged(_NO_TAR) from error


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    try:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
    except tarfile.TarError as error:
        raise Damaged(_NO_TAR) from error


def _manifest(ends: dict[str, bytes]) -> Manifest:
    if _MANIFEST not in ends or _DIGEST not in ends:
        raise Damaged("it has no manifest: it was not finished, or is no backup")
    kept = ends[_MANIFEST]
    if ends[_DIGEST].split()[:1] != [hashlib.sha256(kept).hexdigest().encode()]:
        raise Damaged("its manifest is not as it was written")
    try:
        return msgspec.json.decode(kept, type=Manifest)
    except msgspec.DecodeError as error:
        raise Damaged("its manifest cannot be read") from error


def _is_ours(name: str) -> bool:
    if name.startswith(OBJECTS):
        try:
            return bool(checked(name.removeprefix(OBJECTS)))
        except ValueError:
            return False
    if name.startswith(RECORDINGS):
        return _RECORDING.fullmatch(name.removeprefix(RECORDINGS)) is not None
    if name.startswith(TLS):
        return _TLS_FILE.fullmatch(name.removeprefix(TLS)) is not None
    return name in (KEY, DATABASE, _MANIFEST, _DIGEST)
