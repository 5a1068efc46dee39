"""The outside of datagrams, valid and cut at every length."""

import struct

import pytest

from server.media.packets import DatagramKind, kind_of, rtp_header, voice_level

PACKET = (
    struct.pack("!BBHII", 0x90, 0x80 | 111, 7, 960, 42) + bytes.fromhex("bede000110a50000") + b"v"
)


@pytest.mark.parametrize(
    ("datagram", "kind"),
    [
        (b"\x00\x01" + bytes(18), DatagramKind.STUN),
        (b"\x00\x01" + bytes(17), None),
        (b"\x16\xfe\xfd" + bytes(10), DatagramKind.DTLS),
        (b"\x16\xfe\xfd" + bytes(9), None),
        (b"\x80\x6f" + bytes(10), DatagramKind.RTP),
        (b"\x80\xef" + bytes(10), DatagramKind.RTP),  # payload type 111 with the marker bit
        (b"\x80\x6f" + bytes(9), None),
        (b"\x80\xc8" + bytes(6), DatagramKind.RTCP),
        (b"\x81\xcd" + bytes(10), DatagramKind.RTCP),
        (b"\x80\xc8" + bytes(5), None),
        (b"\x40" + bytes(40), None),  # TURN channels: not ours
        (b"\xc0" + bytes(40), None),
        (b"", None),
        (b"\x80\x6f" + bytes(1499), None),
    ],
)
def test_the_first_bytes_tell_the_kind(datagram: bytes, kind: DatagramKind | None) -> None:
    assert kind_of(datagram) is kind


def test_an_rtp_header_is_read() -> None:
    header = rtp_header(PACKET)
    assert header is not None
    assert (header.marker, header.payload_type, header.sequence) == (True, 111, 7)
    assert (header.timestamp, header.ssrc, header.payload_offset) == (960, 42, 20)
    assert PACKET[header.payload_offset :] == b"v"


def test_a_header_cut_anywhere_is_none() -> None:
    assert [length for length in range(20) if rtp_header(PACKET[:length]) is not None] == []


def test_the_level_is_read_behind_other_extensions() -> None:
    assert voice_level(PACKET) == -37  # 0x25; the top bit says "voice"
    head = PACKET[:12]
    two = bytes.fromhex("bede0002 31aabb 00 10ff 0000".replace(" ", ""))
    assert voice_level(head + two) == -127
    contributors = bytes([0x91]) + head[1:] + bytes(4) + PACKET[12:]
    assert voice_level(contributors) == -37


@pytest.mark.parametrize(
    "extension",
    [
        "",
        "bede",
        "bede0001",
        "bede000110",
        "bede0001f0a50000",
        "10000001 01a50000",
        "bede000120a50000",
    ],
)
def test_a_level_that_is_not_there_is_none(extension: str) -> None:
    assert voice_level(PACKET[:12] + bytes.fromhex(extension.replace(" ", ""))) is None
    assert voice_level(b"\x80" + PACKET[1:]) is None
