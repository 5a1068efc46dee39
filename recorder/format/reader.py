"""Bytes to records: stops at the first damage, says where and what it was, and never raises for it."""

from collections.abc import Iterable, Iterator
from typing import TypeVar
from zlib import crc32

import msgspec

from recorder.format.records import (
    FORMAT_VERSION,
    MAX_INFO_BYTES,
    MAX_PAYLOAD_BYTES,
    Kind,
    Record,
    RecordingInfo,
)
from recorder.format.writer import CRC, HEAD, HEADER, MAGIC, VOICE

T = TypeVar("T")

_KNOWN = {int(kind): kind for kind in Kind}


class NotARecording(Exception):
    """The head is missing or damaged, so nothing that follows could be understood."""


class Damage(msgspec.Struct, frozen=True):
    """Where (bytes from the start) a recording stops making sense, and why."""

    offset: int
    reason: str


class Reading:
    """One pass over a recording: iterate it for the records that are whole, once.

    `offset` counts the bytes understood so far; `damage` is set when the pass ended before the
    bytes did. A recording that a crash cut off ends in `torn`, or without damage.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        """Read the head; raise `NotARecording` when it is not whole."""
        self._chunks = iter(chunks)
        self._buffer = b""
        self.damage: Damage | None = None
        self.offset = 0
        self.info = self._read_head()

    def __iter__(self) -> Iterator[Record]:
        buffer, start = self._buffer, 0
        base = self.offset
        sealed = False
        while True:
            available = len(buffer) - start
            needed = HEAD.size + CRC.size
            if available >= needed:
                length, kind, _, at_us = HEAD.unpack_from(buffer, start)
                needed += length
                if sealed or length > MAX_PAYLOAD_BYTES:
                    self._stop(base + start, "after the seal" if sealed else "length")
                    return
            if available < needed:
                base += start
                buffer, start = self._more(buffer[start:], needed), 0
                if len(buffer) >= needed:
                    continue
                if buffer:
                    self._stop(base, "after the seal" if sealed else "torn")
                return
            end = start + needed
            body = buffer[start : end - CRC.size]
            if CRC.unpack_from(buffer, end - CRC.size)[0] != crc32(body):
                self._stop(base + start, "checksum")
                return
            start = end
            self.offset = base + end
            known = _KNOWN.get(kind)
            if known is not None:
                sealed = known is Kind.SEALED
                yield Record(known, at_us, body[HEAD.size :])

    def _stop(self, offset: int, reason: str) -> None:
        self.damage = Damage(offset, reason)

    def _more(self, rest: bytes, needed: int) -> bytes:
        parts, have = [rest], len(rest)
        while have < needed:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            parts.append(chunk)
            have += len(chunk)
        return b"".join(parts)

    def _read_head(self) -> RecordingInfo:
        buffer = self._more(b"", HEADER.size)
        if len(buffer) < HEADER.size:
            raise NotARecording("the head is torn")
        magic, version, _, length = HEADER.unpack_from(buffer)
        if magic != MAGIC:
            raise NotARecording("no recording")
        if version != FORMAT_VERSION:
            raise NotARecording(f"format version {version} is not known")
        if length > MAX_INFO_BYTES:
            raise NotARecording("the head is damaged")
        end = HEADER.size + length
        buffer = self._more(buffer, end + CRC.size)
        if len(buffer) < end + CRC.size:
            raise NotARecording("the head is torn")
        if CRC.unpack_from(buffer, end)[0] != crc32(buffer[:end]):
            raise NotARecording("the head is damaged")
        info = decode_payload(buffer[HEADER.size : end], RecordingInfo)
        if info is None:
            raise NotARecording("the head is not understood")
        self._buffer = buffer[end + CRC.size :]
        self.offset = end + CRC.size
        return info


def read(chunks: Iterable[bytes]) -> Reading:
    """Begin to read a recording from its bytes, in pieces of any size.

    Raises `NotARecording` for the head only; whatever follows, iterating does not raise.
    """
    return Reading(chunks)


def split_rtp(payload: bytes) -> tuple[int, bytes]:
    """Return the voice and the packet of an RTP record's payload; a short payload has no packet."""
    if len(payload) < VOICE.size:
        return 0, b""
    return VOICE.unpack_from(payload)[0], payload[VOICE.size :]


def decode_payload(payload: bytes, kind: type[T]) -> T | None:
    """Return the msgpack payload of a record, or None when a writer's mistake made it another."""
    try:
        return msgspec.msgpack.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
