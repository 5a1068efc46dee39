"""Backups for tests: an installation of a few files, `inkcall` run as an operator does, or killed on the way."""

import asyncio
import itertools
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import msgspec

from base.config import Config
from base.storage import in_chunks
from recorder.config import recordings_dir
from recorder.format.records import Kind
from recorder.format.writer import encode_header, encode_record
from server.backup.places import Places
from server.photos.service import storage_key
from sessions.model import PhotoRecord
from sessions.service import SessionService
from tests.fakes import databases, postgres
from tests.fakes.processes import ROOT
from tests.fakes.recordings import an_info
from tests.fakes.services import Kept, kept

PHOTO = b"not really a picture" * 50_000
_WITHIN_S = 60.0

_numbers = itertools.count()

_KILLED = """
import os, signal, sys
from server.backup import commands
from server.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background job
signum, steps = int(sys.argv.pop(1)), int(sys.argv.pop(1))
def say(self, what):
    global steps
    steps -= 1
    if steps == -1:
        os.kill(os.getpid(), signum)
commands._Progress.__call__ = say
main(sys.argv[1:])
"""
"""`inkcall` that is sent a signal when it says for the n-th time how far it has come."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did."""

    status: int
    out: str
    err: str


async def inkcall(
    environment: Mapping[str, str],
    *arguments: str,
    killed_at: int | None = None,
    by: signal.Signals = signal.SIGKILL,
) -> Done:
    """Run `inkcall`, or kill it at a step."""
    killed = ("-c", _KILLED, str(by.value), str(killed_at))
    code = ("-m", "server.cli") if killed_at is None else killed
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *code, *arguments),
        cwd=ROOT,
        env={**environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_WITHIN_S):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return Done(status=process.returncode or 0, out=out.decode(), err=err.decode())


def environment(config: Config) -> dict[str, str]:
    """Return the variables that lead the commands to an installation."""
    return {
        **os.environ,
        "INKCALL__SERVER__DATA_DIR": str(config.data_dir),
        "INKCALL__DATABASE__URL": config.database.url,
    }


@asynccontextmanager
async def installation(folder: Path, **sections: Any) -> AsyncIterator[Kept]:
    """An installation with two people, two sessions with recordings (one runs), one photo, a key."""
    folder.mkdir(exist_ok=True)
    async with kept(folder, **sections) as services:
        (folder / "secret.key").touch(mode=0o600)
        (folder / "secret.key").write_bytes(b"k" * 32)
        (folder / "tls").mkdir(mode=0o700)
        (folder / "tls" / "authority.key").write_bytes(b"trusted by phones")
        student, teacher = await services.student(), await services.teacher()
        recordings = recordings_dir(services.config)
        recordings.mkdir()
        for name in ("s_1", "s_2"):
            await services.sessions.create(
                name, f"c_{name}", student.id, teacher.id, "maths", "圆", 5
            )
            (recordings / f"{name}.inkrec").write_bytes(recording(name))
        photo = PhotoRecord(
            photo="f_1",
            session="s_1",
            member=student.id,
            extension="jpg",
            width=2,
            height=2,
            bytes=len(PHOTO),
            owner="session:s_1",
            sha256="ab" * 32,
        )
        await add_photo(services.sessions, Places.of(services.config), photo)
        yield services


async def add_photo(sessions: SessionService, places: Places, photo: PhotoRecord) -> None:
    """Keep a photo's file and then its row, as the server does."""
    await places.storage.put(storage_key(photo), in_chunks(PHOTO))
    await sessions.add_photo(photo, 10)


def recording(session: str, events: int = 500) -> bytes:
    """Return a recording that nobody has sealed yet."""
    parts = [encode_header(an_info(session))]
    parts += [encode_record(Kind.EVENT, n, f"event {n}".encode()) for n in range(events)]
    return b"".join(parts)


def rows_of(file: Path) -> dict[str, int]:
    """Return how many rows each table of a SQLite file has."""
    with closing(sqlite3.connect(file)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in names
        }


@asynccontextmanager
async def of_kind(kind: str, folder: Path) -> AsyncIterator[str]:
    """Let `folder` have a database of a kind, without any table; give its address, "" for SQLite."""
    if kind == "sqlite":
        yield ""
        return
    name = f"backup_{next(_numbers)}"
    url = postgres.server().create(name)
    databases.OF_FOLDER[folder] = url
    yield url
    del databases.OF_FOLDER[folder]
    postgres.server().drop(name)
