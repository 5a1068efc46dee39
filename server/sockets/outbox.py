"""What waits to be sent on one socket: a bounded queue, and slots that keep only the latest.

    message of order (events, answers) ──┬── at once, while the peer keeps up ──┐
                                         └── queue, bounded ──┐                 ├── socket
    message that ages (pointer, quality, ack) ── slots ───────┴── writer ───────┘

A queue that is full means a reader too slow for its room: the socket is closed with `too_slow`,
the client comes back and resumes from the last event it saw. Nothing in order is ever left out.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from aiohttp import web

from wire import codes

CLOSE_WITHIN_S = 2.0
"""How long a peer may take over the rest of the queue and the closing handshake."""

ACK_WITHIN_S = 0.05
"""A slot that may wait goes out this much later, with whatever replaced it meanwhile."""


class Outbox:
    """Holds encoded frames for one WebSocket; `run` sends them until `close`."""

    def __init__(self, max_messages: int, max_bytes: int) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._latest: dict[str, bytes] = {}
        self._bell = asyncio.Event()
        self._soon: asyncio.TimerHandle | None = None
        self.write_now: Callable[[bytes], bool] | None = None
        """Writes a frame when the peer has taken all that came before; false when it has not.
        Without waking a task a frame costs a third, and ink is most of what is sent."""
        self.closing: str | None = None
        """The code this socket is being closed with."""
        self.on_closing: Callable[[], None] | None = None
        """Called once, when closing is asked for."""
        self.sent = 0

    def push(self, frame: bytes) -> None:
        """Queue a frame, in order. When the queue is full the socket is closed as too slow."""
        if self.closing is not None:
            return
        if not self._queue and self.write_now is not None and self.write_now(frame):
            self.sent += 1
            return
        # A frame larger than the whole bound (a snapshot of a full board) may go when it is alone.
        over = self._queue and self._bytes + len(frame) > self._max_bytes
        if over or len(self._queue) >= self._max_messages:
            self._queue.clear()
            self._latest.clear()
            self.close(codes.TOO_SLOW)
            return
        self._queue.append(frame)
        self._bytes += len(frame)
        self._bell.set()

    def push_latest(self, key: str, frame: bytes, *, may_wait: bool = False) -> None:
        """Keep a frame in a slot; a newer one of the same key replaces it."""
        if self.closing is not None:
            return
        self._latest[key] = frame
        if not may_wait:
            self._bell.set()
        elif self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(ACK_WITHIN_S, self._ring_soon)

    def close(self, code: str) -> None:
        """Send what is queued, then close with this code; the first code given counts."""
        if self.closing is None:
            self.closing = code
            self._bell.set()
            if self._soon is not None:
                self._soon.cancel()
            if self.on_closing is not None:
                self.on_closing()

    def _ring_soon(self) -> None:
        self._soon = None
        self._bell.set()

    async def run(self, socket: web.WebSocketResponse) -> None:
        """Send until closed. Raises ConnectionError when the peer is gone."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            while self._queue:
                frame = self._queue.popleft()
                self._bytes -= len(frame)
                await socket.send_bytes(frame)
                self.sent += 1
            while self._latest:
                _, frame = self._latest.popitem()
                await socket.send_bytes(frame)
                self.sent += 1
            if self.closing is not None and not self._queue:
                return
