"""Puts on the disk what all recordings of a process have buffered, together, once an interval.

    timer ──> take each buffer ──> queue ──> a few threads: write, fdatasync ──> one hop back for many
    seal  ──────────^

One for all, because the way to a thread and back costs more than the write itself. A recording has
at most one write under way, so the queue is bounded by their number.
"""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, Self

from recorder import files

_TAKEN_AT_ONCE = 16
"""Buffers taken before the loop has its turn: about 0.2 ms."""
_WRITTEN_AT_ONCE = 32
"""Files a thread writes before it tells: a hop for each would cost a tenth of what a voice costs."""

WriteThrough = Callable[[int, bytes | bytearray], None]
"""Writes all to a descriptor and waits until the disk has it; raises `OSError`."""


class Buffering(Protocol):
    """A recording as its flusher knows it. All methods are called on the loop."""

    @property
    def descriptor(self) -> int: ...

    def take(self) -> tuple[bytes | bytearray, bool]:
        """Return what is to be written now, and whether the file ends with it."""

    def taken(self, error: Exception | None, last: bool) -> None:
        """What was taken is safe, or not. After an error or the last the file is closed."""

    def stop(self) -> None:
        """Take nothing more: the next `take` is the last, without a seal."""

    def lag_s(self) -> float:
        """Return how long the oldest record not yet safe on the disk has waited."""


@dataclass(slots=True, eq=False)
class _Write:
    recording: Buffering
    descriptor: int
    data: bytes | bytearray
    last: bool
    error: Exception | None = None


class Flusher:
    """Runs inside `running()`; recordings are added and removed as sessions come and go."""

    def __init__(
        self,
        interval_s: float = 0.75,
        *,
        threads: int = 2,
        write: WriteThrough = files.write_through,
    ) -> None:
        """Flush each `interval_s`, with so many threads: one slow file holds up one of them."""
        self._interval_s = interval_s
        self._threads = threads
        self._write = write
        self._recordings: dict[Buffering, None] = {}  # a set with an order
        self._under_way: set[Buffering] = set()
        self._overdue: set[Buffering] = set()
        """To be flushed again as soon as what is under way is written."""
        self._queue: deque[_Write] = deque()
        self._written: deque[_Write] = deque()
        self._working = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: ThreadPoolExecutor | None = None
        self.bytes_written = 0
        """Bytes of all recordings known to be on the disk, their heads not counted."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Flush while the block runs. Leaving it writes and closes, unsealed, what is still open."""
        self._loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(self._threads, "recorder") as self._pool:
            async with asyncio.TaskGroup() as group:
                rounds = group.create_task(self._flush_each_interval(), name="recorder flusher")
                try:
                    yield self
                finally:
                    rounds.cancel()
                    for recording in list(self._recordings):
                        recording.stop()
                        self.flush(recording)
                    await self._idle.wait()

    def __len__(self) -> int:
        return len(self._recordings)

    def lag_s(self) -> float:
        """Return how far the recording that is most behind is behind."""
        return max((recording.lag_s() for recording in self._recordings), default=0.0)

    def add(self, recording: Buffering) -> None:
        """Flush a recording from now on, until its end or its first error."""
        self._recordings[recording] = None

    def flush(self, recording: Buffering) -> None:
        """Flush a recording now, or as soon as what is under way is written."""
        self._enqueue(recording)
        self._set_to_work()

    async def _flush_each_interval(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + self._interval_s, loop.time())
            await asyncio.sleep(due - loop.time())
            recordings = list(self._recordings)
            for start in range(0, len(recordings), _TAKEN_AT_ONCE):
                for recording in recordings[start : start + _TAKEN_AT_ONCE]:
                    self._enqueue(recording)
                self._set_to_work()
                await asyncio.sleep(0)

    def _enqueue(self, recording: Buffering) -> None:
        if recording not in self._recordings:
            return
        if recording in self._under_way:
            self._overdue.add(recording)
            return
        data, last = recording.take()
        self._under_way.add(recording)
        self._queue.append(_Write(recording, recording.descriptor, data, last))

    def _set_to_work(self) -> None:
        assert self._pool is not None, "the flusher is not running"
        for _ in range(min(len(self._queue), self._threads - self._working)):
            self._working += 1
            self._idle.clear()
            self._pool.submit(self._work)

    def _work(self) -> None:
        """In a thread: write for a turn, then tell of everything written, by whomever."""
        assert self._loop is not None
        for _ in range(_WRITTEN_AT_ONCE):
            try:
                write = self._queue.popleft()
            except IndexError:
                break
            write.error = self._put(write)
            self._written.append(write)
        self._loop.call_soon_threadsafe(self._worked)

    def _put(self, write: _Write) -> Exception | None:
        error: Exception | None = None
        try:
            self._write(write.descriptor, write.data)
        # Whatever it was, it must end this recording and no other.
        except Exception as caught:
            error = caught
        if error is not None or write.last:
            try:
                os.close(write.descriptor)
            except OSError as caught:
                error = error or caught
        return error

    def _worked(self) -> None:
        self._working -= 1
        while self._written:
            write = self._written.popleft()
            recording = write.recording
            self._under_way.discard(recording)
            if write.error is None:
                self.bytes_written += len(write.data)
            if write.error is not None or write.last:
                del self._recordings[recording]
            recording.taken(write.error, write.last)
            if recording in self._overdue:
                self._overdue.discard(recording)
                self._enqueue(recording)
        self._set_to_work()
        if not self._working:
            self._idle.set()
