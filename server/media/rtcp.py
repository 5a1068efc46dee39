"""RTCP as bytes: the few packets we build, and those of a peer that we read (RFC 3550 section 6, RFC 4585)."""

import struct

import msgspec

SR, RR, SDES, BYE, RTPFB = 200, 201, 202, 203, 205
_NACK_FORMAT = 1
_MAX_PACKETS = 32
"""In one compound datagram; 1500 bytes of headers alone would be 375."""

_BLOCK = struct.Struct("!IB3sIIII")
_SENDER_INFO = struct.Struct("!IIIII")


class RtcpError(ValueError):
    """The datagram is not RTCP; the text names the fault, never the content."""


class Block(msgspec.Struct, frozen=True):
    """One reception report (RFC 3550 section 6.4.1)."""

    ssrc: int
    fraction: int
    """Lost since the previous report, in 1/256."""
    lost: int
    """Lost in all; clamped to 24 bits signed."""
    highest: int
    jitter: int
    last_sr: int
    """Middle 32 bits of the NTP time of the last sender report, 0 if none came."""
    delay: int
    """Since that report came, in 1/65536 s."""


class SenderReport(msgspec.Struct, frozen=True):
    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[Block, ...] = ()


class ReceiverReport(msgspec.Struct, frozen=True):
    ssrc: int
    blocks: tuple[Block, ...] = ()


class Bye(msgspec.Struct, frozen=True):
    sources: tuple[int, ...]


class Nack(msgspec.Struct, frozen=True):
    media_ssrc: int
    sequences: tuple[int, ...]


Packet = SenderReport | ReceiverReport | Bye | Nack


def ntp_of(now: float) -> int:
    """Clock seconds as a 64-bit NTP time. Any steady clock will do (RFC 3550 section 4)."""
    return int(now * 4294967296.0) & 0xFFFFFFFFFFFFFFFF


def middle(ntp: int) -> int:
    return (ntp >> 16) & 0xFFFFFFFF


def build_sender_report(report: SenderReport) -> bytes:
    info = _SENDER_INFO.pack(
        report.ntp >> 32,
        report.ntp & 0xFFFFFFFF,
        report.timestamp & 0xFFFFFFFF,
        report.packets & 0xFFFFFFFF,
        report.octets & 0xFFFFFFFF,
    )
    body = report.ssrc.to_bytes(4, "big") + info + b"".join(map(_build_block, report.blocks))
    return _packet(SR, len(report.blocks), body)


def build_receiver_report(report: ReceiverReport) -> bytes:
    body = report.ssrc.to_bytes(4, "big") + b"".join(map(_build_block, report.blocks))
    return _packet(RR, len(report.blocks), body)


def build_cname(ssrc: int, cname: bytes) -> bytes:
    """The SDES every compound packet must hold (RFC 3550 section 6.1)."""
    chunk = ssrc.to_bytes(4, "big") + bytes((1, len(cname))) + cname + b"\0"
    return _packet(SDES, 1, chunk + bytes(-len(chunk) % 4))


def build_bye(ssrc: int) -> bytes:
    return _packet(BYE, 1, ssrc.to_bytes(4, "big"))


def build_nack(sender: int, media: int, sequences: tuple[int, ...]) -> bytes:
    """A generic NACK (RFC 4585 section 6.2.1), one entry a sequence number."""
    entries = b"".join(struct.pack("!HH", sequence, 0) for sequence in sequences)
    return _packet(RTPFB, _NACK_FORMAT, struct.pack("!II", sender, media) + entries)


def parse(data: bytes) -> list[Packet]:
    """The packets of a decrypted compound datagram that we know; others are skipped.

    Raises RtcpError if the framing is wrong.
    """
    packets: list[Packet] = []
    position = 0
    for _ in range(_MAX_PACKETS):
        if position == len(data):
            return packets
        if len(data) - position < 4:
            raise RtcpError("a header is cut short")
        first, kind = data[position], data[position + 1]
        end = position + 4 + 4 * int.from_bytes(data[position + 2 : position + 4], "big")
        if first >> 6 != 2 or end > len(data):
            raise RtcpError("wrong version or length")
        packet = _parse_one(kind, first & 0x1F, data[position + 4 : end])
        if packet is not None:
            packets.append(packet)
        position = end
    raise RtcpError("too many packets")


def _parse_one(kind: int, count: int, body: bytes) -> Packet | None:
    if kind == SR:
        if len(body) < 24:
            raise RtcpError("a sender report is cut short")
        high, low, timestamp, packets, octets = _SENDER_INFO.unpack_from(body, 4)
        ssrc = int.from_bytes(body[:4], "big")
        blocks = _parse_blocks(body[24:], count)
        return SenderReport(ssrc, high << 32 | low, timestamp, packets, octets, blocks)
    if kind == RR:
        if len(body) < 4:
            raise RtcpError("a receiver report is cut short")
        return ReceiverReport(int.from_bytes(body[:4], "big"), _parse_blocks(body[4:], count))
    if kind == BYE:
        if len(body) < 4 * count:
            raise RtcpError("a BYE is cut short")
        return Bye(struct.unpack_from(f"!{count}I", body))
    if kind == RTPFB and count == _NACK_FORMAT:
        if len(body) < 8:
            raise RtcpError("a NACK is cut short")
        return Nack(int.from_bytes(body[4:8], "big"), _parse_nack(body[8:]))
    return None


def _parse_blocks(data: bytes, count: int) -> tuple[Block, ...]:
    if len(data) < 24 * count:
        raise RtcpError("a report block is cut short")
    blocks = []
    for index in range(count):
        ssrc, fraction, lost, highest, jitter, last, delay = _BLOCK.unpack_from(data, 24 * index)
        total = int.from_bytes(lost, "big", signed=True)
        blocks.append(Block(ssrc, fraction, total, highest, jitter, last, delay))
    return tuple(blocks)


def _parse_nack(data: bytes) -> tuple[int, ...]:
    sequences = []
    for position in range(0, len(data) - 3, 4):
        first, mask = struct.unpack_from("!HH", data, position)
        sequences.append(first)
        sequences += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return tuple(sequences)


def _build_block(block: Block) -> bytes:
    lost = max(-0x800000, min(0x7FFFFF, block.lost)).to_bytes(3, "big", signed=True)
    return _BLOCK.pack(
        block.ssrc,
        block.fraction,
        lost,
        block.highest & 0xFFFFFFFF,
        block.jitter & 0xFFFFFFFF,
        block.last_sr,
        block.delay & 0xFFFFFFFF,
    )


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body
