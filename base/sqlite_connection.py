"""SQLite's connection: a thread of its own, and one trip to it a statement.

    loop ── BEGIN if it is due, statement, rows, close ──> thread
         <────────────────── Answer ──────────────────────

aiosqlite makes four trips of a statement (cursor, execute, fetch, close) and SQLAlchemy makes a
statement of BEGIN and rolls back what is committed already: ten trips where a query needs one, and a
trip costs more CPU than most of our queries.
"""

import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, NamedTuple, Self

import aiosqlite

_BUSY_MS = 5000
_FIRST_ROWS = 500
"""Rows that come with the statement; what reads more than that makes further trips."""
_CHUNK_ROWS = 64
_END_WITHIN_S = 5.0

_SET_UP = (
    "PRAGMA journal_mode=WAL",
    # In WAL mode NORMAL keeps the database whole after a power cut but may lose the last
    # commits; FULL costs one fsync a commit, and what we commit are facts.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={_BUSY_MS}",
)


class _Answer(NamedTuple):
    """What came back from the thread."""

    rows: list[Any]
    description: Any
    rowcount: int
    lastrowid: int
    rest: sqlite3.Cursor | None
    """Where further rows come from."""


class Connection(aiosqlite.Connection):
    """A connection whose transactions begin with their first statement."""

    def __init__(self, *args: Any, **options: Any) -> None:
        # The driver must not begin transactions by itself.
        options["isolation_level"] = None
        super().__init__(lambda: sqlite3.connect(*args, **options), _CHUNK_ROWS)
        self._thread.daemon = True
        self._begin = ""
        self._idle = True
        """Whether the thread is known to have nothing to do for us."""

    async def open(self) -> Self:
        """Open the file with our settings; one that cannot be opened leaves no thread."""
        try:
            _ = await super().__aenter__()
            await self.in_thread(self._set_up)
        except BaseException:
            self.stop()
            # Not awaited: whoever cancels twice must find it ended, too.
            self._thread.join(_END_WITHIN_S)
            raise
        return self

    def begin(self, statement: str) -> None:
        """Begin a transaction with the next statement."""
        self._begin = statement

    def cursor(self) -> "Cursor":  # type: ignore[override]  # SQLAlchemy awaits no cursor
        """Return a new cursor, which costs nothing."""
        return Cursor(self)

    async def in_thread(self, work: Callable[..., Any], *values: Any) -> Any:
        """Run something in the connection's thread, after what it was given before."""
        return await self._execute(work, *values)  # type: ignore[no-untyped-call]

    async def trip(self, sql: str, values: Any, many: bool) -> _Answer:
        """Run a statement in the thread and bring back its first rows."""
        begin, self._begin = self._begin, ""
        self._idle = False
        answer: _Answer = await self.in_thread(self._run, begin, sql, values, many)
        self._idle = True
        return answer

    async def commit(self) -> None:
        """Commit what was begun."""
        if not self._nothing_begun():
            self._idle = False
            await super().commit()
            self._idle = True

    async def rollback(self) -> None:
        """Undo what was begun."""
        if not self._nothing_begun():
            await super().rollback()
            self._idle = True

    def stop(self) -> None:
        """Let the thread end after what it was given.

        It tells nobody: aiosqlite lets it answer a future that no one waits for when connecting failed or
        the connection was forgotten, and the future's loop may be closed by then.
        """
        self._running = False
        self._tx.put_nowait((None, self._close_and_stop))

    # --- inside ------------------------------------------------------------------------------

    def _nothing_begun(self) -> bool:
        self._begin = ""
        # A statement that was cancelled may still be running: then we must wait behind it.
        return self._idle and self._connection is not None and not self._connection.in_transaction

    def _set_up(self) -> None:
        for statement in _SET_UP:
            self._conn.execute(statement).close()

    def _run(self, begin: str, sql: str, values: Any, many: bool) -> _Answer:
        if begin:
            self._conn.execute(begin).close()
        cursor = self._conn.cursor()
        rest = None
        try:
            (cursor.executemany if many else cursor.execute)(sql, values)
            rows = cursor.fetchmany(_FIRST_ROWS) if cursor.description else []
            rest = cursor if len(rows) == _FIRST_ROWS else None
            return _Answer(rows, cursor.description, cursor.rowcount, cursor.lastrowid or 0, rest)
        finally:
            if rest is None:
                cursor.close()

    def _close_and_stop(self) -> object:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        return aiosqlite.core._STOP_RUNNING_SENTINEL


class Cursor:
    """What SQLAlchemy asks of a driver's cursor."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: deque[Any] = deque()
        self._rest: sqlite3.Cursor | None = None
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid = 0
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, values: Iterable[Any] = ()) -> Self:
        """Run a statement."""
        return await self._take(sql, values, many=False)

    async def executemany(self, sql: str, values: Iterable[Iterable[Any]]) -> Self:
        """Run a statement once for each row of values."""
        return await self._take(sql, values, many=True)

    async def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        rows = [*self._rows]
        self._rows.clear()
        if self._rest is not None:
            rows += await self._connection.in_thread(self._rest.fetchall)
            await self.close()
        return rows

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows, none after the last."""
        wanted = self.arraysize if size is None else size
        if self._rest is not None and len(self._rows) < wanted:
            more = max(wanted, _FIRST_ROWS)
            self._rows.extend(await self._connection.in_thread(self._rest.fetchmany, more))
        return [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]

    async def fetchone(self) -> Any:
        """Return the next row, None after the last."""
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def __aiter__(self) -> AsyncIterator[Any]:
        while (row := await self.fetchone()) is not None:
            yield row

    async def close(self) -> None:
        """Let go of rows that are left."""
        rest, self._rest = self._rest, None
        if rest is not None:
            await self._connection.in_thread(rest.close)

    async def _take(self, sql: str, values: Any, *, many: bool) -> Self:
        await self.close()
        answer = await self._connection.trip(sql, values, many)
        self._rows = deque(answer.rows)
        self.description, self.rowcount = answer.description, answer.rowcount
        self.lastrowid, self._rest = answer.lastrowid, answer.rest
        return self


async def connect(*args: Any, **options: Any) -> Connection:
    """Open a connection; SQLAlchemy calls this with the driver's arguments."""
    return await Connection(*args, **options).open()
