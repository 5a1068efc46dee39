"""Makes a backup of a running installation: one file that is there whole, or not at all.

    <file>.part/ (locked) ── database as of a moment, lengths of recordings ── tar: keys, database,
    recordings up to those lengths, photos ── fsync ── rename to <file>

The database comes first and the files after it, because files are there before the row that names them (a
recording is opened before its session's row, a photo put before its own) and rows go before files.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from base.clock import Clock
from base.errors import Refusal
from recorder.files import sync_folder
from server.backup import snapshot
from server.backup.archive import (
    CHUNK_BYTES,
    DATABASE,
    KEY,
    OBJECTS,
    RECORDINGS,
    TLS,
    Damaged,
    Manifest,
    Writer,
)
from server.backup.failing import no_room, plainly
from server.backup.named import Missing, missing
from server.backup.places import Places
from server.backup.working import SyncedFile, working_folder

_SPARE_BYTES = 16 * 1024 * 1024
_DRAFT = "backup.tar"

SayProgress = Callable[[str], None]
"""Told how far it has come, in a few words without names."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that is there."""

    file: str
    bytes: int
    taken_ms: int
    recordings: int
    photos: int
    missing: Missing
    """What the database names and nobody has: lost before, so that it is not in the backup either."""


@dataclass
class _Seen:
    """What was seen at the database's moment."""

    taken_ms: int = 0
    lengths: dict[str, int] = field(default_factory=dict)


async def make(
    places: Places, folders: Sequence[Path], file: Path, clock: Clock, say: SayProgress
) -> Made:
    """Back everything up into the new `file`; `folders` are the parts' migrations.

    Refuses with `exists`, `no_folder`, `busy`, `no_room`, `no_key`, `failed`, `storage` and what
    `snapshot.take` refuses with. Then nothing is left.
    """
    _refuse_if_there(file)
    with plainly(file.parent), working_folder(file) as work:
        seen = _Seen()

        def look() -> None:
            seen.taken_ms, seen.lengths = clock.unix_ms(), places.recording_bytes()

        copied = work / DATABASE
        source = places.database_file
        if source is not None and source.is_file():
            _refuse_if_full(work, source.stat().st_size)
        say("database")
        revisions = await snapshot.take(
            places.database_url, folders, copied, look, lambda table, rows: say(f"{table} {rows}")
        )
        _refuse_if_full(work, copied.stat().st_size + sum(seen.lengths.values()))
        with SyncedFile(work / _DRAFT) as out:
            writer = Writer(out)
            await _write(places, copied, seen.lengths, writer, say)
            manifest = writer.finish(seen.taken_ms, revisions)
        lost = await missing(copied, manifest)
        return _in_place(work / _DRAFT, file, manifest, lost)


def _refuse_if_there(file: Path) -> None:
    if file.exists():
        raise Refusal("exists", f"{file} is there already: a backup is never written over")


def _refuse_if_full(folder: Path, wanted: int) -> None:
    if shutil.disk_usage(folder).free < wanted + _SPARE_BYTES:
        raise no_room(folder.parent)


def _in_place(draft: Path, file: Path, manifest: Manifest, lost: Missing) -> Made:
    size = draft.stat().st_size
    _refuse_if_there(file)
    draft.rename(file)
    sync_folder(file.parent)
    return Made(
        file=str(file),
        bytes=size,
        taken_ms=manifest.taken_ms,
        recordings=manifest.count(RECORDINGS),
        photos=manifest.count(OBJECTS),
        missing=lost,
    )


async def _write(
    places: Places, database: Path, lengths: dict[str, int], writer: Writer, say: SayProgress
) -> None:
    try:
        key = places.key.read_bytes()
    except FileNotFoundError:
        raise Refusal("no_key", f"there is no key {places.key}: is this the server's?") from None
    try:
        _add(writer, KEY, len(key), iter((key,)))
        for name, data in places.tls_files().items():
            _add(writer, TLS + name, len(data), iter((data,)))
        _add_file(writer, DATABASE, database, None)
        for number, (name, size) in enumerate(sorted(lengths.items()), 1):
            # It may be growing: what comes after the database's moment is for the next backup.
            _add_file(writer, RECORDINGS + name, places.recordings / name, size)
            say(f"recordings {number} of {len(lengths)}")
            # Whoever stops it need not wait for all of them.
            await asyncio.sleep(0)
        number = 0
        async for photo in places.storage.list():
            number += await _add_photo(places, writer, photo)
            say(f"photos {number}")
    except Damaged as changed:
        raise Refusal("failed", str(changed)) from None


def _add(writer: Writer, name: str, size: int, chunks: Iterator[bytes]) -> None:
    writer.begin(name, size)
    for chunk in chunks:
        writer.write(chunk)
    writer.end()


def _add_file(writer: Writer, name: str, path: Path, size: int | None) -> None:
    """Add a file, up to `size` if it is given."""
    size = path.stat().st_size if size is None else size
    _add(writer, name, size, _read(path, size))


async def _add_photo(places: Places, writer: Writer, key: str) -> bool:
    """Add one; False when it was taken away meanwhile: its session had refused it."""
    try:
        size = await places.storage.size(key)
        async with places.storage.open(key) as chunks:
            writer.begin(OBJECTS + key, size)
            async for chunk in chunks:
                writer.write(chunk)
            writer.end()
    except KeyError:
        return False
    return True


def _read(path: Path, left: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(min(left, CHUNK_BYTES)):
            left -= len(chunk)
            yield chunk
