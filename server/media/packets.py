"""Reads the outside of a datagram: what kind it is, its RTP header, its voice level.

Every function takes bytes from anybody and either answers or returns None: nothing here raises on junk.
"""

import struct
from enum import Enum, auto

import msgspec

MAX_DATAGRAM = 1500
"""Longer datagrams are dropped: no Opus packet, STUN check or DTLS record of ours needs an MTU above it."""

RTP_HEADER = struct.Struct("!BBHII")
RTP_HEADER_LENGTH = RTP_HEADER.size
RTCP_MIN_LENGTH = 8
STUN_MIN_LENGTH = 20
DTLS_MIN_LENGTH = 13

LEVEL_EXTENSION_ID = 1
"""RFC 6464 ssrc-audio-level; the server offers, so the id is the same for everybody."""

_ONE_BYTE_PROFILE = 0xBEDE  # RFC 8285 section 4.2
_LEVEL_ALONE = b"\xbe\xde\x00\x01" + bytes((LEVEL_EXTENSION_ID << 4,))


class DatagramKind(Enum):
    """What a datagram is, by its first bytes (RFC 7983)."""

    STUN = auto()
    DTLS = auto()
    RTP = auto()
    RTCP = auto()


class RtpHeader(msgspec.Struct, frozen=True):
    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload_offset: int
    """Bytes before the payload: fixed header, CSRC list and extension."""


def kind_of(datagram: bytes) -> DatagramKind | None:
    """The kind of a datagram, None if it is none that belongs here (RFC 7983, RFC 5761 section 4)."""
    length = len(datagram)
    if length < RTCP_MIN_LENGTH or length > MAX_DATAGRAM:
        return None
    first = datagram[0]
    if 128 <= first <= 191:
        if 192 <= datagram[1] <= 223:
            return DatagramKind.RTCP
        return DatagramKind.RTP if length >= RTP_HEADER_LENGTH else None
    if first <= 3:
        return DatagramKind.STUN if length >= STUN_MIN_LENGTH else None
    if 20 <= first <= 63:
        return DatagramKind.DTLS if length >= DTLS_MIN_LENGTH else None
    return None


def rtp_header(packet: bytes) -> RtpHeader | None:
    """The header of a decrypted RTP packet (RFC 3550 section 5.1), None if it is cut short."""
    if len(packet) < RTP_HEADER_LENGTH:
        return None
    first, second, sequence, timestamp, ssrc = RTP_HEADER.unpack_from(packet)
    if first >> 6 != 2:
        return None
    offset = RTP_HEADER_LENGTH + 4 * (first & 0x0F)
    if first & 0x10:
        if len(packet) < offset + 4:
            return None
        offset += 4 + 4 * int.from_bytes(packet[offset + 2 : offset + 4], "big")
    if offset > len(packet):
        return None
    return RtpHeader(bool(second & 0x80), second & 0x7F, sequence, timestamp, ssrc, offset)


def voice_level(packet: bytes) -> int | None:
    """The RFC 6464 level of an RTP packet, -127 to 0 dBov; None if it carries none.

    Levels are not encrypted (SRTP leaves extensions in the clear), so believe them only after the
    packet has been authenticated.
    """
    if packet[12:17] == _LEVEL_ALONE and packet[0] & 0x1F == 0x10 and len(packet) > 17:
        return -(packet[17] & 0x7F)  # what every browser sends to our offer
    if len(packet) < 16 or not packet[0] & 0x10:
        return None
    position = RTP_HEADER_LENGTH + 4 * (packet[0] & 0x0F)
    if len(packet) < position + 4:
        return None
    if int.from_bytes(packet[position : position + 2], "big") != _ONE_BYTE_PROFILE:
        return None
    words = int.from_bytes(packet[position + 2 : position + 4], "big")
    position += 4
    end = min(position + 4 * words, len(packet))
    while position < end:
        head = packet[position]
        if head == 0:  # padding
            position += 1
            continue
        identifier, length = head >> 4, (head & 0x0F) + 1
        if identifier == 15:  # reserved: stop reading (RFC 8285 section 4.2)
            return None
        if identifier == LEVEL_EXTENSION_ID:
            return -(packet[position + 1] & 0x7F) if position + 1 < end else None
        position += 1 + length
    return None
