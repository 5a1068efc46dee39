"""The recorder in a room: takes voices and events as they happen, for the flusher to put on the disk.

    open --> recording ----------------------------seal--> closed
                 |                                           |
                 +--a write fails, or the disk lags too far--+  (on_failed)

`voice` and `event` only append to a buffer; once an interval the process's flusher writes it and
waits for the disk. So a crash costs at most one interval and the write, and a slow disk never delays
a packet.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

import msgspec

from recorder import files
from recorder.flusher import Flusher
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
        flusher: Flusher,
        *,
        on_failed: Callable[[str], None],
        min_free_bytes: int = 256 * 1024 * 1024,
        max_buffer_bytes: int = 2 * 1024 * 1024,
    ) -> Self:
        """Create the recording and prove that it can be written; raise `RecorderUnavailable`.

        `clock_us` is the room's clock: microseconds since it opened. `on_failed(reason)` is called
        on the loop, once, when recording stops before `seal`. `max_buffer_bytes` is what may wait
        for a slow disk (the default: over two minutes of two voices).
        """

        def create() -> int:
            folder.mkdir(parents=True, exist_ok=True)
            if files.free_bytes(folder) < min_free_bytes:
                raise RecorderUnavailable("disk nearly full")
            return files.create(folder, info.session, encode_header(info))

        try:
            descriptor = await asyncio.to_thread(create)
        except OSError as error:
            raise RecorderUnavailable(_reason(error)) from error
        except ValueError as error:
            raise RecorderUnavailable(str(error)) from error
        self = cls(descriptor, info, clock_us, flusher, on_failed, max_buffer_bytes)
        flusher.add(self)
        return self

    def __init__(
        self,
        descriptor: int,
        info: RecordingInfo,
        clock_us: Callable[[], int],
        flusher: Flusher,
        on_failed: Callable[[str], None],
        max_buffer_bytes: int,
    ) -> None:
        """Not for callers: use `open`."""
        self.descriptor = descriptor
        """Belongs to the flusher, which closes it."""
        self._clock_us = clock_us
        self._flusher = flusher
        self._on_failed = on_failed
        self._max_buffer_bytes = max_buffer_bytes
        self._closed = asyncio.Event()
        self._seal_reason: str | None = None
        self._stopped = False

        self._accepting = True
        self._failed: str | None = None
        self._buffer = bytearray()
        self._waiting_since_us: int | None = None
        self._writing_since_us: int | None = None
        self._writing_bytes = 0
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

    def lag_s(self) -> float:
        """Return `lag` as of now."""
        return self.lag(self._clock_us())

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

    def left_out(self, reason: str) -> None:
        """The room could not hand something over: what is missing makes the recording worthless."""
        self._fail(reason)

    async def seal(self, reason: str) -> None:
        """Write what is left and the seal, and close. What comes later is not kept.

        Safe to call again. After a failure it only waits for the file to be closed.
        """
        if self._seal_reason is None:
            self._accepting = False
            self._seal_reason = reason
            # The flusher goes on with it even if whoever waits here is cancelled.
            self._flusher.flush(self)
        await self._closed.wait()

    # --- for the flusher (`flusher.Buffering`) -----------------------------------------------

    def take(self) -> tuple[bytearray, bool]:
        """Hand over the buffer with a mark or, when it is the last, the seal at its end."""
        now_us = self._clock_us()
        last = True
        if self._seal_reason is not None:
            self._buffer += _record(Kind.SEALED, now_us, self._seal(self._seal_reason))
        elif not self._stopped:
            last = False
            self._flushes += 1
            # Also when nothing happened: it shows until when the recorder was there.
            self._buffer += _record(Kind.MARK, now_us, Mark(flushes=self._flushes))
        data, self._buffer = self._buffer, bytearray()
        since, self._waiting_since_us = self._waiting_since_us, None
        self._writing_since_us = now_us if since is None else since
        self._writing_bytes = len(data)
        return data, last

    def taken(self, error: Exception | None, last: bool) -> None:
        """Note that what was taken is safe, or that recording has failed."""
        self._writing_since_us = None
        if error is None:
            self.bytes_written += self._writing_bytes
        else:
            self._buffer = bytearray()
            self._waiting_since_us = None
            self._fail(_reason(error))
        if last or error is not None:
            self._closed.set()

    def stop(self) -> None:
        """Keep nothing more: the process goes down, and nobody has sealed this."""
        self._accepting = False
        self._stopped = True

    # --- inside ------------------------------------------------------------------------------

    def _append(self, record: bytes, at_us: int) -> None:
        if self._waiting_since_us is None:
            self._waiting_since_us = at_us
        self._buffer += record
        if len(self._buffer) > self._max_buffer_bytes:
            # What waits may still reach the disk.
            self._fail("the disk is too slow")

    def _seal(self, reason: str) -> Sealed:
        return Sealed(
            reason=reason,
            events=self._events,
            packets=sum(self._packets),
            voices=[member for member, number in self._numbers.items() if self._packets[number]],
        )

    def _fail(self, reason: str) -> None:
        self._accepting = False
        if self._failed is None:
            self._failed = reason
            # In the next turn of the loop: the room answers by ending the session, which must
            # happen neither inside a packet nor between two recordings' results.
            asyncio.get_running_loop().call_soon(self._on_failed, reason)


def _record(kind: Kind, at_us: int, payload: msgspec.Struct) -> bytes:
    return encode_record(kind, at_us, msgspec.msgpack.encode(payload))


def _reason(error: Exception) -> str:
    """Say what went wrong without the path, which may name people's folders."""
    number = error.errno if isinstance(error, OSError) else None
    return type(error).__name__ if number is None else os.strerror(number)
