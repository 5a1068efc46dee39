"""RTCP there and back, against aiortc's own reader as a second opinion, and junk."""

import contextlib

import pytest
from aiortc.rtp import RtcpByePacket, RtcpPacket, RtcpRrPacket, RtcpRtpfbPacket, RtcpSrPacket
from hypothesis import given, strategies as st

from server.media import rtcp

BLOCK = rtcp.Block(
    ssrc=9, fraction=128, lost=-3, highest=70_000, jitter=55, last_sr=0x12345678, delay=65536
)
SENDER = rtcp.SenderReport(
    ssrc=1, ntp=0xAABBCCDD_11223344, timestamp=960, packets=5, octets=400, blocks=(BLOCK,)
)


def test_what_we_build_aiortc_reads() -> None:
    data = (
        rtcp.build_sender_report(SENDER)
        + rtcp.build_cname(1, b"inkcall-00")
        + rtcp.build_nack(1, 2, (3, 9))
        + rtcp.build_bye(1)
    )
    sender, _, nack, bye = RtcpPacket.parse(data)
    assert isinstance(sender, RtcpSrPacket)
    assert sender.sender_info.ntp_timestamp == SENDER.ntp
    assert sender.sender_info.packet_count == 5
    assert sender.reports[0].packets_lost == -3
    assert sender.reports[0].highest_sequence == 70_000
    assert isinstance(nack, RtcpRtpfbPacket)
    assert nack.lost == [3, 9]
    assert isinstance(bye, RtcpByePacket)
    assert bye.sources == [1]


def test_what_aiortc_builds_we_read() -> None:
    data = bytes(RtcpRrPacket(ssrc=4)) + bytes(
        RtcpRtpfbPacket(fmt=1, ssrc=4, media_ssrc=5, lost=[7, 9, 40])
    )
    receiver, nack = rtcp.parse(data)
    assert receiver == rtcp.ReceiverReport(4)
    assert nack == rtcp.Nack(5, (7, 9, 40))


def test_a_nack_mask_wraps_around() -> None:
    nack = rtcp.build_nack(1, 5, (65535,))
    assert rtcp.parse(nack[:-2] + b"\x00\x05") == [rtcp.Nack(5, (65535, 0, 2))]


def test_our_own_reports_come_back_the_same() -> None:
    receiver = rtcp.ReceiverReport(3, (BLOCK, BLOCK))
    data = rtcp.build_sender_report(SENDER) + rtcp.build_receiver_report(receiver)
    assert rtcp.parse(data) == [SENDER, receiver]


def test_every_cut_is_refused() -> None:
    data = rtcp.build_sender_report(SENDER)
    for length in range(1, len(data)):
        with pytest.raises(rtcp.RtcpError):
            rtcp.parse(data[:length])


def test_a_datagram_of_a_thousand_packets_is_refused() -> None:
    with pytest.raises(rtcp.RtcpError):
        rtcp.parse(rtcp.build_bye(1) * 100)


@given(st.binary(max_size=200))
def test_junk_is_refused_or_read(data: bytes) -> None:
    with contextlib.suppress(rtcp.RtcpError):
        rtcp.parse(data)


@given(st.integers(0, 31), st.sampled_from([200, 201, 203, 205]), st.binary(max_size=120))
def test_junk_in_a_right_frame_is_refused_or_read(count: int, kind: int, body: bytes) -> None:
    body += bytes(-len(body) % 4)
    frame = bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2, "big") + body
    with contextlib.suppress(rtcp.RtcpError):
        rtcp.parse(frame)
