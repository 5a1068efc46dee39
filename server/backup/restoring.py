"""Restores a backup into an installation where nothing is yet, or leaves that as it was.

    nothing there? ── backup whole? ── program new enough? ── mark ── key, recordings, photos ──
    database ── mark removed

Nothing is touched before all is checked. A failure takes back what was put; what a kill leaves behind has
the mark (`marker.py`), so that no server takes it for whole.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import msgspec
from alembic.script import ScriptDirectory

from base import dbcopy
from base.db import Database
from base.errors import Refusal
from base.migrations import alembic_config
from recorder.files import sync_folder
from server.backup import snapshot
from server.backup.archive import (
    DATABASE,
    FORMAT,
    KEY,
    OBJECTS,
    RECORDINGS,
    TLS,
    Damaged,
    Manifest,
    members,
    verified,
)
from server.backup.failing import no_room, plainly
from server.backup.making import SayProgress
from server.backup.marker import RestoreMark, marked, marking
from server.backup.places import Places

_STAGED = "restore.sqlite"


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that is an installation again."""

    file: str
    bytes: int
    taken_ms: int
    recordings: int
    photos: int


async def restore(
    places: Places, folders: Sequence[Path], file: Path, say: SayProgress
) -> Restored:
    """Put everything of a backup in its place; `folders` are the parts' migrations.

    Refuses with `not_empty`, `in_use`, `unfinished`, `damaged`, `newer`, `no_room`, `busy`, `failed` and
    `storage`. Then all is as it was before.
    """
    with plainly(places.data):
        # Twice: here, so that nobody waits for a long check, and later on with the mark held.
        await _refuse_unless_empty(places, again=bool(marked(places.data)))
        say("checking the backup")
        manifest = _checked(file)
        _refuse_if_newer(places, folders, manifest)
        _refuse_if_full(places, manifest)
        with marking(places.data) as mark:
            await _begin(places, mark, manifest)
            try:
                await _put(places, folders, file, manifest, say)
            except BaseException:
                await _take_back(places, manifest)
                mark.remove()
                raise
            mark.remove()
    return Restored(
        file=str(file),
        bytes=manifest.bytes,
        taken_ms=manifest.taken_ms,
        recordings=manifest.count(RECORDINGS),
        photos=manifest.count(OBJECTS),
    )


async def _begin(places: Places, mark: RestoreMark, manifest: Manifest) -> None:
    if mark.before not in ("", manifest.digest):
        raise Refusal(
            "unfinished",
            f"{places.data} holds half of another backup: restore that one again, or empty it",
        )
    try:
        await _refuse_unless_empty(places, again=bool(mark.before))
    except Refusal:
        if not mark.before:
            mark.remove()
        raise
    mark.write(manifest.digest)


async def _refuse_unless_empty(places: Places, *, again: bool) -> None:
    """`again`: what lies there is half of a backup, which may be written over."""
    url, file = places.database_url, places.database_file
    try:
        if file is None or file.is_file():
            await dbcopy.refuse_if_in_use(url)
    except dbcopy.CopyRefused as refused:
        raise Refusal("in_use", str(refused)) from None
    if file is None or not again:
        try:
            await dbcopy.refuse_if_it_holds_rows(url)
        except dbcopy.CopyRefused as refused:
            raise Refusal("not_empty", f"nothing may be there yet: {refused}") from None
    if again:
        return
    for there, what in (
        (places.key.exists(), places.key),
        (places.tls_files(), places.tls),
        (places.recording_bytes(), places.recordings),
    ):
        if there:
            raise Refusal("not_empty", f"nothing may be there yet: {what} is there")
    async for _ in places.storage.list():
        where = f"the bucket {places.bucket}" if places.bucket else places.data
        raise Refusal("not_empty", f"nothing may be there yet: {where} holds photos")


def _checked(file: Path) -> Manifest:
    try:
        return verified(file)
    except Damaged as damaged:
        raise Refusal("damaged", f"{file} is no whole backup: {damaged}") from None


def _refuse_if_newer(places: Places, folders: Sequence[Path], manifest: Manifest) -> None:
    scripts = ScriptDirectory.from_config(alembic_config(places.database_url, folders))
    known = {script.revision for script in scripts.walk_revisions()}
    unknown = sorted(set(manifest.revisions) - known)
    if unknown or manifest.format > FORMAT:
        what = f"migration {unknown[0]}" if unknown else f"format {manifest.format}"
        raise Refusal("newer", f"the backup is of a newer program ({what}): update this one first")


def _refuse_if_full(places: Places, manifest: Manifest) -> None:
    folder = places.data.absolute()
    while not folder.is_dir():
        folder = folder.parent
    # Photos may go to a bucket and recordings to another disk, which will say so themselves.
    local = DATABASE if places.bucket else ""
    wanted = sum(e.bytes for e in manifest.entries if e.name.startswith(local))
    if shutil.disk_usage(folder).free < wanted:
        raise no_room(folder)


async def _put(
    places: Places, folders: Sequence[Path], file: Path, manifest: Manifest, say: SayProgress
) -> None:
    expected = {entry.name: entry.sha256 for entry in manifest.entries}
    staged = places.data / _STAGED
    _remove(staged)
    for number, (name, _, chunks) in enumerate(members(file), 1):
        if name not in expected:
            continue
        checked = _same(name, chunks, expected[name])
        if name.startswith(OBJECTS):
            await places.storage.put(name.removeprefix(OBJECTS), _streamed(checked))
        else:
            _write(_place(places, name), checked, 0o640 if name.startswith(RECORDINGS) else 0o600)
        say(f"files {number} of {len(expected)}")
        # Whoever stops it need not wait for all of them.
        await asyncio.sleep(0)
    for folder in {places.recordings, places.tls, places.key.parent, places.data}:
        if folder.is_dir():
            sync_folder(folder)
    say("database")
    await snapshot.migrate(staged, folders)
    await _put_database(places, folders, staged, say)


async def _put_database(
    places: Places, folders: Sequence[Path], staged: Path, say: SayProgress
) -> None:
    file = places.database_file
    try:
        if file is None:
            await _copy_database(places.database_url, folders, staged, say)
            return
        if file.is_file():
            await dbcopy.refuse_if_in_use(places.database_url)
    except dbcopy.CopyRefused as refused:
        raise Refusal("not_restored", str(refused)) from None
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.part")
    # Not a rename from the data folder: the file may be on another disk.
    shutil.copyfile(staged, draft)
    draft.chmod(0o600)
    _sync(draft)
    _remove(file)
    draft.replace(file)
    sync_folder(file.parent)
    _remove(staged)


async def _copy_database(url: str, folders: Sequence[Path], staged: Path, say: SayProgress) -> None:
    database = Database(url)
    try:
        await database.migrate(folders)
    finally:
        await database.close()
    await dbcopy.copy(snapshot.url_of(staged), url, lambda table, rows: say(f"{table} {rows}"))
    _remove(staged)


def _remove(database: Path) -> None:
    """Remove a SQLite file and what lies beside it: a WAL of an older file would be read into a new one."""
    for beside in ("-wal", "-shm", "-journal", ""):
        database.with_name(database.name + beside).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _place(places: Places, name: str) -> Path:
    if name == KEY:
        return places.key
    if name == DATABASE:
        return places.data / _STAGED
    if name.startswith(TLS):
        return places.tls / name.removeprefix(TLS)
    return places.recordings / name.removeprefix(RECORDINGS)


def _write(path: Path, chunks: Iterator[bytes], mode: int) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _same(name: str, chunks: Iterator[bytes], sha256: str) -> Iterator[bytes]:
    """Pass the bytes on, and see that they are still those that were checked."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != sha256:
        raise Refusal("damaged", f"{name} changed while the backup was restored")


async def _streamed(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def _take_back(places: Places, manifest: Manifest) -> None:
    """Remove what may have been put: nothing of that name was there before."""
    for entry in manifest.entries:
        if entry.name.startswith(OBJECTS):
            await places.storage.delete(entry.name.removeprefix(OBJECTS))
        elif entry.name == DATABASE:
            _remove(_place(places, DATABASE))
        else:
            _place(places, entry.name).unlink(missing_ok=True)
