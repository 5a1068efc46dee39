"""The journal of a room: every event gets its place and its time here, once, and is folded in the same moment.

    operation ──> room (who may) ──> desk (what may be) ──> journal: stamp, fold, encode ──> outputs

Nothing on this way asks back.
"""

from collections import deque
from collections.abc import Callable

from server.room.effects import ToAll
from wire import fold, room as wire
from wire.board import Board, ChatLine
from wire.codec import encode

Make = Callable[[int, int], wire.Event]
"""Makes the event of `(seq, at)`, so that it comes into being with its stamp and never without."""


class Journal:
    """The events of a room in their order, and what they come to: the board and the chat."""

    def __init__(self, opened: float, kept: int) -> None:
        """`opened` is when the session's clock began, `kept` how many events a tab may have missed."""
        self.seq = 0
        self.board = Board()
        self.chat: list[ChatLine] = []
        self._opened = opened
        self._recent: deque[bytes] = deque(maxlen=kept)

    def at(self, now: float) -> int:
        """Return `now` on the session's clock: whole milliseconds since the room opened."""
        return self._at_us(now) // 1000

    def write(self, now: float, make: Make) -> ToAll:
        """Stamp an event, fold it, and return it as it goes to every output."""
        self.seq += 1
        at_us = self._at_us(now)
        event = make(self.seq, at_us // 1000)
        fold.apply(self.board, self.chat, event)
        # Kept as bytes: as objects, a process's recent events would make each full look of the
        # cycle collector a stall of 50 to 90 ms for every call (measured at 100 rooms).
        frame = encode(event)
        self._recent.append(frame)
        return ToAll(event, frame, at_us)

    def after(self, seq: int | None) -> list[bytes] | None:
        """Return the events after `seq` as they were encoded, or None when only a snapshot will do."""
        if seq is None or seq > self.seq:
            return None
        count = self.seq - seq
        if count > len(self._recent):
            return None
        return list(self._recent)[len(self._recent) - count :]

    def _at_us(self, now: float) -> int:
        return max(0, int((now - self._opened) * 1e6))
