"""The few fields of an RTP packet (RFC 3550, clause 5.1) that placing a voice needs."""

from struct import Struct
from typing import NamedTuple

_FIXED = Struct(">BBHII")
_EXTENSION = Struct(">HH")


class RtpPacket(NamedTuple):
    """One packet: its timestamp and source, and the Opus frame inside."""

    payload_type: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse_rtp(packet: bytes) -> RtpPacket | None:
    """Return the packet's fields, or None when it is no RTP or carries nothing."""
    if len(packet) < _FIXED.size:
        return None
    first, second, _, timestamp, ssrc = _FIXED.unpack_from(packet)
    if first >> 6 != 2:
        return None
    start = _FIXED.size + 4 * (first & 0x0F)
    end = len(packet)
    if first & 0x10:
        if start + _EXTENSION.size > end:
            return None
        start += _EXTENSION.size + 4 * _EXTENSION.unpack_from(packet, start)[1]
    if first & 0x20:
        end -= packet[-1]
    if start >= end:
        return None
    return RtpPacket(second & 0x7F, timestamp, ssrc, packet[start:end])


def unwrap(timestamp: int, near: int) -> int:
    """Return the number that is `timestamp` modulo 2**32 and nearest to `near`."""
    difference = (timestamp - near) & 0xFFFFFFFF
    return near + (difference if difference < 0x80000000 else difference - 0x100000000)
