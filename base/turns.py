"""Turns: what only one of the processes on one database may do at a time.

On PostgreSQL a turn is an advisory lock of a connection that is kept for it: it passes to another process
when this one gives it up, dies, or is cut off. A SQLite file belongs to one process anyway.
"""

import asyncio
import contextlib
import hashlib
from typing import Self

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from base.db import Database

_ANSWER_WITHIN_S = 5.0


class Turns:
    """The turns of this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: AsyncConnection | None = None
        self._mine: set[str] = set()
        self._asking = asyncio.Lock()

    async def mine(self, name: str) -> bool:
        """Take the turn if nobody has it; tell whether we have it now. Raises when we cannot know."""
        if not self._database.shared:
            return True
        async with self._asking:
            try:
                async with asyncio.timeout(_ANSWER_WITHIN_S):
                    return await self._ask(name)
            except BaseException:
                # The locks went with the connection, or may have: begin anew.
                await self._drop()
                raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give all turns up."""
        async with self._asking:
            await self._drop()

    async def _ask(self, name: str) -> bool:
        if self._connection is None:
            self._connection = await self._database.connection_of_its_own()
        if name in self._mine:
            # As long as this connection answers, its locks are held.
            await self._connection.execute(text("SELECT 1"))
            return True
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        lock = text("SELECT pg_try_advisory_lock(:key)")
        if await self._connection.scalar(lock, {"key": key}):
            self._mine.add(name)
        return name in self._mine

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._mine.clear()
        if connection is not None:
            with contextlib.suppress(Exception):
                # Not back into the pool: whoever takes it next would have the locks.
                await connection.invalidate()
            with contextlib.suppress(Exception):
                await connection.close()
