"""The database as of one moment, as a SQLite file of its own, while others write on.

    see ── at that moment: how long is each recording ── copy ── whole? ── one file without a WAL

Whichever database is in use: a backup of PostgreSQL is SQLite, too, and either can be restored into either.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.engine import make_url

from base import dbcopy
from base.database_url import is_sqlite, normal_url, reaching
from base.db import Database
from base.errors import Refusal

_PAGES = 4096
"""Copied in one go, 16 MiB."""


async def take(
    url: str,
    folders: Sequence[Path],
    to: Path,
    seen: Callable[[], None],
    progress: dbcopy.CopyProgress,
) -> list[str]:
    """Copy the database into the new file `to`; return what it is migrated to.

    `seen` is called at the moment the copy is of, or just after it; `folders` are the parts' migrations. Refuses
    with `not_copied` and `database_damaged`.
    """
    url = normal_url(url)
    if is_sqlite(url):
        source = Path(str(make_url(url).database))
        _copy_sqlite(source, to, seen)
    else:
        await migrate(to, folders)
        await _reach(url)
        try:
            await dbcopy.copy(url, url_of(to), progress, live=True, seen=seen)
        except dbcopy.CopyRefused as refused:
            raise Refusal("not_copied", str(refused)) from None
    return _closed(to)


async def migrate(file: Path, folders: Sequence[Path]) -> None:
    """Bring a file's schema up to date, and leave it as one file."""
    database = Database(url_of(file))
    try:
        await database.migrate(folders)
    finally:
        await database.close()
    _closed(file)


def url_of(file: Path) -> str:
    """Return the address of a file, whatever its name is made of."""
    return URL.create("sqlite+aiosqlite", database=str(file)).render_as_string()


async def _reach(url: str) -> None:
    database = Database(url)
    try:
        # Not around the copy: what the new file's disk says is not the database's fault.
        with reaching(url):
            await database.answers()
    finally:
        await database.close()


def _copy_sqlite(source: Path, to: Path, seen: Callable[[], None]) -> None:
    if not source.is_file():
        raise Refusal("not_copied", f"there is no database {source}")
    uri = f"{source.absolute().as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as reading,
        closing(sqlite3.connect(to)) as target,
    ):
        with reaching(url_of(source)):
            # Begun here, the transaction holds the moment; the backup would begin its own later on.
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        seen()
        with _damage_told():
            reading.backup(target, pages=_PAGES, sleep=0)
        reading.execute("ROLLBACK")


def _closed(file: Path) -> list[str]:
    """Make it one file without a WAL beside it; return what it is migrated to."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection, _damage_told():
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise _damaged()
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()
        try:
            versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except sqlite3.OperationalError:
            raise Refusal("not_copied", "the database has no tables of ours") from None
    return sorted(str(version) for (version,) in versions)


@contextlib.contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise _damaged() from None
        raise


def _damaged() -> Refusal:
    return Refusal("database_damaged", "the database is damaged: SQLite's own check fails")
