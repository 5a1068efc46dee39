"""A line of those who wait for one of a few places: first come, first served, but the urgent go ahead."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Line:
    """Gives out `places`. Whoever is urgent waits for one of those who have a place, and for nobody else.

    The urgent must be few: as long as there are some, the others wait.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def place(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Hold a place for the time of the block."""
        await self._wait(self._urgent if urgent else self._others)
        try:
            yield
        finally:
            self._give()

    async def _wait(self, line: deque[asyncio.Future[None]]) -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                # It was our turn in the same moment: the next one's, then.
                self._give()
            elif turn in line:
                line.remove(turn)
            raise

    def _give(self) -> None:
        for line in (self._urgent, self._others):
            while line:
                turn = line.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1
