"""Finds the seal at the end of a recording without reading what lies before it."""

from zlib import crc32

from recorder.format.reader import decode_payload
from recorder.format.records import Kind, Sealed
from recorder.format.writer import CRC, HEAD

TAIL_BYTES = 4096
"""How much of the end to hand in: a seal, with room for a hash and a signature."""


def sealed_tail(tail: bytes) -> tuple[Sealed, int] | None:
    """Return the seal that `tail` (the last bytes of a recording) ends with, and its `at_us`.

    None when it ends otherwise. A true answer says that the session ended in order, not that
    every record before is whole.
    """
    for start in range(len(tail) - HEAD.size - CRC.size, -1, -1):
        length, kind, _, at_us = HEAD.unpack_from(tail, start)
        end = start + HEAD.size + length
        if kind != Kind.SEALED or end + CRC.size != len(tail):
            continue
        if CRC.unpack_from(tail, end)[0] != crc32(tail[start:end]):
            continue
        seal = decode_payload(tail[start + HEAD.size : end], Sealed)
        return None if seal is None else (seal, at_us)
    return None
