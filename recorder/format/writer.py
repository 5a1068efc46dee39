"""Records to bytes. All integers are little-endian.

    file    = header record*
    header  = magic[8] version:u16 0:u16 length:u32 info[length] crc32:u32
    record  = length:u32 kind:u8 0:u8 at_us:u64 payload[length] crc32:u32

A CRC covers everything of its header or record before it. The payload of an RTP record is
`voice:u16` and the packet as it was sent (decrypted); of an event, the message as it was on the
wire; of every other kind a msgpack map, to which fields may be added.
"""

from struct import Struct
from zlib import crc32

import msgspec

from recorder.format.records import (
    FORMAT_VERSION,
    MAX_INFO_BYTES,
    MAX_PAYLOAD_BYTES,
    Kind,
    RecordingInfo,
)

# The first byte is no ASCII and the last a newline, as in PNG: a transfer as text is noticed.
MAGIC = b"\x89INKREC\n"
HEADER = Struct("<8sHHI")
HEAD = Struct("<IBBQ")
CRC = Struct("<I")
VOICE = Struct("<H")
_RTP = int(Kind.RTP)
# Bound once: looking `pack` up each time is a tenth of what a packet costs.
_pack_rtp_head = Struct("<IBBQH").pack
_pack_crc = CRC.pack


def encode_header(info: RecordingInfo) -> bytes:
    """Return the head of a recording; raise `ValueError` when `info` is too large."""
    body = msgspec.msgpack.encode(info)
    if len(body) > MAX_INFO_BYTES:
        raise ValueError("the information of a recording is too large")
    head = HEADER.pack(MAGIC, FORMAT_VERSION, 0, len(body)) + body
    return head + CRC.pack(crc32(head))


def encode_record(kind: int, at_us: int, payload: bytes) -> bytes:
    """Return one record; raise `ValueError` when the payload is too large."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError("the payload of a record is too large")
    body = HEAD.pack(len(payload), kind, 0, at_us) + payload
    return body + CRC.pack(crc32(body))


def encode_rtp(voice: int, at_us: int, packet: bytes) -> bytes:
    """Return the record of one RTP packet: `encode_record` in one step, for the hot path.

    The caller bounds the packet, which came in one datagram.
    """
    body = _pack_rtp_head(len(packet) + 2, _RTP, 0, at_us, voice) + packet
    return body + _pack_crc(crc32(body))
