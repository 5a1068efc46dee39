"""Passwords: argon2id in threads of their own, so many at once and no more."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import argon2

from base.errors import Refusal
from people.config import PeopleConfig

_WAITING = 200
"""Checks that may wait for a thread; at some 30 ms each, the last one waits six seconds."""


class Passwords:
    """Makes and checks password hashes off the event loop; argon2 lets go of the interpreter."""

    def __init__(self, config: PeopleConfig) -> None:
        self._hasher = argon2.PasswordHasher(
            time_cost=config.argon2_time_cost,
            memory_cost=config.argon2_memory_kib,
            parallelism=config.argon2_parallelism,
            type=argon2.Type.ID,
        )
        self._pool = ThreadPoolExecutor(config.hashes_at_once, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash to keep of a password."""
        return await self._run(password, None)

    async def check(self, kept: str | None, password: str) -> bool:
        """Tell whether `password` is the one of `kept`; without a hash to compare, as slowly, no."""
        if kept is None:
            if self._nobody is None:
                self._nobody = await self.hash("nobody has this password")
            await self._run(password, self._nobody)
            return False
        return await self._run(password, kept) == kept

    def is_outdated(self, kept: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    def close(self) -> None:
        """End the threads; checks that wait are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _run(self, password: str, kept: str | None) -> str:
        if self._waiting >= _WAITING:
            raise Refusal(
                "busy",
                "too many people sign in at this moment",
                retry_after_s=2,
            )
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, self._work, password, kept)
        finally:
            self._waiting -= 1

    def _work(self, password: str, kept: str | None) -> str:
        """Return a new hash, or `kept` if it is of this password, or nothing."""
        if kept is None:
            return self._hasher.hash(password)
        try:
            self._hasher.verify(kept, password)
        except argon2.exceptions.VerifyMismatchError:
            return ""
        return kept
