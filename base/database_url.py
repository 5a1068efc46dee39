"""The address of the database: which there are, how one is shown, and why one cannot be reached."""

import contextlib
import sqlite3
from collections.abc import Iterator

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

CONNECT_WITHIN_S = 10

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
"""How an address may begin, and what we make of it."""

_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (asyncpg.InvalidAuthorizationSpecificationError, "user or password is wrong"),
    (asyncpg.InvalidCatalogNameError, "there is no such database"),
    (asyncpg.InsufficientPrivilegeError, "the user may not make tables"),
    (asyncpg.DiskFullError, "its disk is full"),
    (asyncpg.TooManyConnectionsError, "the server has no connection left"),
    (TimeoutError, f"no answer within {CONNECT_WITHIN_S} s"),
    (asyncpg.PostgresConnectionError, "no connection"),
)

_SQLITE_REASONS = {
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_READONLY: "the file may not be written",
    sqlite3.SQLITE_NOTADB: "the file is not a SQLite database",
    sqlite3.SQLITE_BUSY: "another process holds it",
    sqlite3.SQLITE_FULL: "its disk is full",
    sqlite3.SQLITE_IOERR: "its disk cannot be read or written",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
}


class DatabaseError(Exception):
    """The database cannot be used; the text is one sentence without a password."""


def normal_url(url: str) -> str:
    """Return the address with the driver we use; raise `DatabaseError` for one that is none of ours."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseError(
            "database.url is not an address: postgresql://user:password@host/name."
        ) from None
    if parsed.drivername in DRIVERS:
        parsed = parsed.set(drivername=DRIVERS[parsed.drivername])
    if parsed.drivername not in DRIVERS.values():
        raise DatabaseError(
            f"database.url begins with {parsed.drivername!r}, known are sqlite and postgresql."
        )
    if parsed.get_backend_name() == "postgresql" and not parsed.database:
        raise DatabaseError("database.url names no database: postgresql://user:password@host/name.")
    return parsed.render_as_string(hide_password=False)


def shown(url: str) -> str:
    """Return what may be said of an address: no password, and no query, which may hold one."""
    parsed = make_url(url)
    if is_sqlite(url):
        return f"the database {parsed.database}"
    host = parsed.host or "localhost"
    return f"the database {parsed.database} at {host}:{parsed.port or 5432}"


def why_unreachable(error: BaseException) -> str | None:
    """Return why no connection could be made, in a few words; None when it was something else."""
    for one in _causes(error):
        for kind, reason in _REASONS:
            if isinstance(one, kind):
                return reason
        if isinstance(one, sqlite3.Error):
            return _SQLITE_REASONS.get(getattr(one, "sqlite_errorcode", 0) & 0xFF)
        if isinstance(one, OSError):
            return one.strerror or "no connection"
    return None


def why_unusable(url: str, error: BaseException) -> str | None:
    """Return a sentence that says what to do about a database without our tables, or out of reach."""
    for one in _causes(error):
        lacks = isinstance(one, asyncpg.UndefinedTableError | asyncpg.UndefinedColumnError)
        if lacks or (isinstance(one, sqlite3.Error) and str(one).startswith("no such ")):
            return f"{shown(url)} is not up to date: `inkcall db migrate` makes it so."
    reason = why_unreachable(error)
    return None if reason is None else f"{shown(url)} cannot be used ({reason})."


@contextlib.contextmanager
def reaching(url: str) -> Iterator[None]:
    """Raise `DatabaseError` for what says in the block that no connection could be made."""
    try:
        yield
    except Exception as error:
        if (reason := why_unreachable(error)) is None:
            raise
        raise DatabaseError(f"{shown(url)} cannot be used ({reason}).") from None


def _causes(error: BaseException) -> list[BaseException]:
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and cause not in causes:
        causes.append(cause)
    return causes


def is_sqlite(url: str) -> bool:
    """Tell whether the address is one of SQLite."""
    return make_url(url).get_backend_name() == "sqlite"
