"""The recorder in a room: takes voices and events as they happen and puts them on the disk.

    open --> recording ----------------------------seal--> closed
                 |                                           |
                 +--a write fails, or the disk lags too far--+  (on_failed)

`voice` and `event` only append to a buffer; once a flush interval a thread writes the buffer and
waits for the disk. So a crash costs at most one interval, and a slow disk never delays a packet.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

from recorder import files
from recorder.format.records import Kind, Mark, RecordingInfo, Sealed, VoiceDeclared
from recorder.format.writer import encode_header, encode_record, encode_rtp


class RecorderUnavailable(Exception):
    """This session cannot be recorded, so its room must not start. `reason` is safe to log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RecorderMember:
    """Records one session. Made by `open`; every open one must be sealed."""

    @classmethod
    async def open(
        cls,
        folder: Path,
        info: RecordingInfo,
        clock_us: Callable[[], int],
        *,
        on_failed: Callable[[str], None],
        flush_interval_s: float = 1.0,
        min_free_bytes: int = 256 * 1024 * 1024,
        max_buffer_bytes: int = 2 * 1024 * 1024,
        executor: Executor | None = None,
    ) -> Self:
        """Create the recording and prove that it can be written; raise `RecorderUnavailable`.

        `clock_us` is the room's clock: microseconds since it opened. `on_failed(reason)` is called
        on the loop, once, when recording stops before `seal`. `max_buffer_bytes` is what may wait
        for a slow disk (the default: over two minutes of two voices). `executor` runs the writes.
        """

        def create() -> int:
            folder.mkdir(parents=True, exist_ok=True)
            if files.free_bytes(folder) < min_free_bytes:
                raise RecorderUnavailable("disk nearly full")
            return files.create(folder, info.session, encode_header(info))

        try:
            descriptor = await asyncio.get_running_loop().run_in_executor(executor, create)
        except OSError as error:
            raise RecorderUnavailable(_reason(error)) from error
        except ValueError as error:
            raise RecorderUnavailable(str(error)) from error
        self = cls(descriptor, info, clock_us, on_failed, max_buffer_bytes, executor)
        # Owned by this object until `seal`, which waits for it.
        self._flushing = asyncio.get_running_loop().create_task(
            self._flush_until_sealed(flush_interval_s), name=f"recorder {info.session}"
        )
        return self

    def __init__(
        self,
        descriptor: int,
        info: RecordingInfo,
        clock_us: Callable[[], int],
        on_failed: Callable[[str], None],
        max_buffer_bytes: int,
        executor: Executor | None,
    ) -> None:
        """Not for callers: use `open`."""
        self._descriptor = descriptor
        self._clock_us = clock_us
        self._on_failed = on_failed
        self._max_buffer_bytes = max_buffer_bytes
        self._executor = executor
        self._flushing: asyncio.Task[None]
        self._sealing = asyncio.Event()
        self._reason = ""

        self._accepting = True
        self._failed: str | None = None
        self._buffer = bytearray()
        self._waiting_since_us: int | None = None
        self._writing_since_us: int | None = None
        self._numbers = {member.member: number for number, member in enumerate(info.members)}
        self._packets = [0] * len(info.members)
        self._events = self._flushes = 0
        self.bytes_written = 0
        """Bytes known to be on the disk, the head not counted."""
        self.ignored = 0
        """Packets of someone who is no member of the session, not kept."""

        for member, number in self._numbers.items():
            declared = VoiceDeclared(voice=number, member=member)
            self._append(_record(Kind.VOICE_DECLARED, 0, declared), 0)

    @property
    def failed(self) -> str | None:
        """Why recording stopped before its time, or None while all is well."""
        return self._failed

    def lag(self, at_us: int) -> float:
        """Return how long, in seconds, the oldest record not yet safe on the disk has waited."""
        since = self._writing_since_us
        if since is None:
            since = self._waiting_since_us
        return 0.0 if since is None else max(0.0, (at_us - since) / 1e6)

    def voice(self, member: str, packet: bytes, at_us: int) -> None:
        """Keep one decrypted RTP packet of a member, as it arrived. The hot path; never raises."""
        number = self._numbers.get(member)
        if number is None:
            self.ignored += 1
            return
        if not self._accepting:
            return
        self._packets[number] += 1
        self._append(encode_rtp(number, at_us, packet), at_us)

    def event(self, at_us: int, payload: bytes) -> None:
        """Keep one room event, as encoded for the wire (which bounds it to 64 KiB)."""
        if not self._accepting:
            return
        self._events += 1
        self._append(encode_record(Kind.EVENT, at_us, payload), at_us)

    async def seal(self, reason: str) -> None:
        """Write what is left and the seal, and close. What comes later is not kept.

        Safe to call again. After a failure it only waits for the file to be closed.
        """
        if not self._sealing.is_set():
            self._accepting = False
            self._reason = reason
            self._sealing.set()
        # A caller that is cancelled must not take the last second of the recording with it.
        await asyncio.shield(self._flushing)

    def _append(self, record: bytes, at_us: int) -> None:
        if self._waiting_since_us is None:
            self._waiting_since_us = at_us
        self._buffer += record
        if len(self._buffer) > self._max_buffer_bytes:
            # What waits may still reach the disk. Telling the room waits for the next turn of the
            # loop: it answers by ending the session, which must not happen inside a packet.
            self._accepting = False
            asyncio.get_running_loop().call_soon(self._fail, "the disk is too slow")

    async def _flush_until_sealed(self, interval_s: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + interval_s
        try:
            while not self._sealing.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(due):
                        await self._sealing.wait()
                # The time the disk takes is part of the interval, not on top of it.
                due = max(due + interval_s, loop.time())
                if not self._sealing.is_set():
                    self._flushes += 1
                    # Also when nothing happened: it shows until when the recorder was there.
                    mark = Mark(flushes=self._flushes)
                    await self._flush(_record(Kind.MARK, self._clock_us(), mark))
            await self._flush(_record(Kind.SEALED, self._clock_us(), self._seal()))
        except OSError as error:
            self._buffer = bytearray()
            self._fail(_reason(error))
        finally:
            # While a cancelled write is still in its thread, closing could give its descriptor
            # to another file; then only the end of the process closes it.
            if self._writing_since_us is None:
                os.close(self._descriptor)

    async def _flush(self, last: bytes) -> None:
        """Put the buffer and `last` on the disk; raise `OSError`."""
        data, self._buffer = self._buffer, bytearray()
        data += last
        since, self._waiting_since_us = self._waiting_since_us, None
        self._writing_since_us = self._clock_us() if since is None else since
        try:
            await asyncio.get_running_loop().run_in_executor(
                self._executor, files.write_through, self._descriptor, data
            )
        except OSError:
            self._writing_since_us = None
            raise
        self._writing_since_us = None
        self.bytes_written += len(data)

    def _seal(self) -> Sealed:
        return Sealed(
            reason=self._reason,
            events=self._events,
            packets=sum(self._packets),
            voices=[member for member, number in self._numbers.items() if self._packets[number]],
        )

    def _fail(self, reason: str) -> None:
        self._accepting = False
        self._waiting_since_us = None
        if self._failed is None:
            self._failed = reason
            self._on_failed(reason)


def _record(kind: Kind, at_us: int, payload: msgspec.Struct) -> bytes:
    return encode_record(kind, at_us, msgspec.msgpack.encode(payload))


def _reason(error: OSError) -> str:
    """Say what went wrong without the path, which may name people's folders."""
    return os.strerror(error.errno) if error.errno is not None else type(error).__name__
