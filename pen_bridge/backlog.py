"""Operations on their way: kept until the server says they are done, so that none is lost. Pure.

add ──▶ unsent ──next──▶ sent ──acknowledge(n)──▶ gone
           ▲                │
           └──── rewind ────┘  a new connection sends them again, unchanged and in order
"""

from collections import deque

from wire.room import Operation, StrokeBegin, StrokePoints

LIMIT_DOTS = 100_000
"""About twenty minutes of writing without a break at 80 dots a second; some 20 MB at the most."""
WINDOW = 256
"""Operations under way unacknowledged: several seconds of writing, and a bound for the server."""


class WrongCount(Exception):
    """The server counts operations that were never sent."""


class Backlog:
    """The operations of one source in one session, in the order of their `n`."""

    def __init__(self, done: int, limit_dots: int = LIMIT_DOTS, window: int = WINDOW) -> None:
        self._sent: deque[Operation] = deque()
        self._unsent: deque[Operation] = deque()
        self._limit = limit_dots
        self._window = window
        self._done = done
        self._highest_sent = done
        self._waiting_dots = 0
        self._done_dots = 0

    def __len__(self) -> int:
        return len(self._sent) + len(self._unsent)

    @property
    def waiting_dots(self) -> int:
        """Dots that the server has not confirmed."""
        return self._waiting_dots

    @property
    def done_dots(self) -> int:
        """Dots that the server has confirmed."""
        return self._done_dots

    @property
    def full(self) -> bool:
        """True when no new stroke or point should be made; an open stroke's end still fits."""
        return self._waiting_dots + len(self) >= self._limit

    def add(self, operation: Operation) -> None:
        """Keep the next operation."""
        self._unsent.append(operation)
        self._waiting_dots += dots_of(operation)

    def next(self) -> Operation | None:
        """Return the operation to send now and count it as sent, or None."""
        if not self._unsent or len(self._sent) >= self._window:
            return None
        operation = self._unsent.popleft()
        self._sent.append(operation)
        self._highest_sent = max(self._highest_sent, operation.n)
        return operation

    def acknowledge(self, n: int) -> None:
        """Forget what is done, up to and with `n`; raise `WrongCount` if it was never sent."""
        if n > self._highest_sent:
            raise WrongCount
        while self._sent and self._sent[0].n <= n:
            dots = dots_of(self._sent.popleft())
            self._waiting_dots -= dots
            self._done_dots += dots
        self._done = max(self._done, n)

    def can_resume(self, last_n: int) -> bool:
        """Tell whether a server that did everything up to `last_n` misses nothing but ours."""
        return self._done <= last_n <= self._highest_sent

    def rewind(self, last_n: int) -> None:
        """A new connection: what is not done by `last_n` will be sent again."""
        self._unsent.extendleft(reversed(self._sent))
        self._sent.clear()
        while self._unsent and self._unsent[0].n <= last_n:
            self._sent.append(self._unsent.popleft())
        self.acknowledge(last_n)


def dots_of(operation: Operation) -> int:
    """Return how many points an operation carries."""
    return len(operation.points) if isinstance(operation, StrokeBegin | StrokePoints) else 0
