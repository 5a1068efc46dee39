"""RTP packets are taken apart as RFC 3550 says, and junk is none."""

import struct

from hypothesis import given, strategies as st

from recorder.rtp import parse_rtp, unwrap
from tests.fakes.recordings import rtp


def test_a_browser_packet_with_an_extension() -> None:
    packet = parse_rtp(rtp(b"opus", 7, 2**32 + 5, 9))
    assert packet is not None
    assert packet == (111, 5, 9, b"opus")


def test_contributing_sources_and_padding_are_left_out() -> None:
    fixed = struct.pack(">BBHII", 0xA2, 0x80 | 111, 1, 2, 3)
    packet = parse_rtp(fixed + bytes(8) + b"opus" + b"\x00\x00\x03")
    assert packet is not None
    assert packet.payload == b"opus"


def test_a_packet_without_payload_is_none() -> None:
    assert parse_rtp(rtp(b"", 1, 2, 3)) is None


@given(st.binary(max_size=64))
def test_junk_never_raises(junk: bytes) -> None:
    packet = parse_rtp(junk)
    assert packet is None or packet.payload in junk


@given(st.integers(0, 2**40), st.integers(-(2**31) + 1, 2**31 - 1))
def test_unwrapping_follows_every_step_below_half_the_circle(near: int, step: int) -> None:
    assert unwrap((near + step) % 2**32, near) == near + step
