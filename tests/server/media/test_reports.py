"""One leg's reports: what is told, and what is concluded from what it tells."""

import pytest

from server.media import rtcp
from server.media.plane import Forwarded, LegCounters, Reception
from server.media.reports import Reports


def counters(
    *, received: int = 0, highest: int = 0, packets: int = 0, at: float = 0.0, shift: int = 0
) -> LegCounters:
    voice = Reception(ssrc=7, base=1, highest=highest, received=received, jitter=48.0, at=0.0)
    return LegCounters(
        reception=voice if highest else None,
        forwarded=Forwarded(
            ssrc=5,
            packets=packets,
            octets=80 * packets,
            timestamp=960,
            at=at,
            timestamp_offset=shift,
        ),
        level=None,
    )


def block(highest: int, fraction: int, last_sr: int = 0, delay: int = 0) -> bytes:
    report = rtcp.Block(5, fraction, 0, highest, 0, last_sr, delay)
    return rtcp.build_receiver_report(rtcp.ReceiverReport(9, (report,)))


def first(data: bytes) -> rtcp.SenderReport | rtcp.ReceiverReport:
    packet = rtcp.parse(data)[0]
    assert isinstance(packet, rtcp.SenderReport | rtcp.ReceiverReport)
    return packet


def test_silence_is_reported_without_blocks() -> None:
    packet = first(Reports(5, "c").write(counters(), None, 0.0, 1.0))
    assert packet == rtcp.ReceiverReport(5)


def test_loss_is_of_the_interval_and_in_all() -> None:
    reports = Reports(5, "c")
    packet = first(reports.write(counters(received=90, highest=100), None, 0.0, 1.0))
    assert (packet.blocks[0].fraction, packet.blocks[0].lost) == (25, 10)
    packet = first(reports.write(counters(received=190, highest=200), None, 0.0, 2.0))
    assert (packet.blocks[0].fraction, packet.blocks[0].lost) == (0, 10)
    assert reports.loss_up == 0.0


def test_the_sender_is_told_the_worse_loss() -> None:
    packet = first(Reports(5, "c").write(counters(received=90, highest=100), None, 0.5, 1.0))
    assert packet.blocks[0].fraction == 128


def test_the_clock_of_the_voice_runs_on_between_packets() -> None:
    packet = first(Reports(5, "c").write(counters(packets=3, at=10.0), None, 0.0, 10.5))
    assert isinstance(packet, rtcp.SenderReport)
    assert (packet.timestamp, packet.packets, packet.octets) == (960 + 24_000, 3, 240)
    assert rtcp.ntp_of(10.5) == packet.ntp


def test_the_speakers_own_clock_is_translated() -> None:
    speaker = Reports(6, "s")
    speaker.read(rtcp.build_sender_report(rtcp.SenderReport(7, 1 << 40, 50_000, 1, 1)), 10.0)
    packet = first(
        Reports(5, "c").write(counters(packets=3, at=10.0, shift=1000), speaker, 0.0, 10.25)
    )
    assert isinstance(packet, rtcp.SenderReport)
    assert packet.timestamp == 50_000 + 1000 + 12_000


def test_the_answer_to_a_sender_report_says_when_it_came() -> None:
    reports = Reports(5, "c")
    reports.read(rtcp.build_sender_report(rtcp.SenderReport(7, 0xAABBCCDD_EEFF0000, 1, 1, 1)), 10.0)
    packet = first(reports.write(counters(received=10, highest=10), None, 0.0, 10.5))
    assert (packet.blocks[0].last_sr, packet.blocks[0].delay) == (0xCCDDEEFF, 32768)


def test_round_trip_is_without_what_the_other_side_waited() -> None:
    reports = Reports(5, "c")
    sent = rtcp.middle(rtcp.ntp_of(100.0))
    reports.read(block(10, 0, sent, int(0.5 * 65536)), 100.75)
    assert reports.rtt_s == pytest.approx(0.25, abs=0.001)
    reports.read(block(20, 0, sent + 65536 * 30, 0), 101.0)  # from the future: junk
    assert reports.rtt_s == pytest.approx(0.25, abs=0.001)


def test_a_loss_figure_from_two_packets_is_not_believed() -> None:
    reports = Reports(5, "c")
    reports.read(block(30_000, 127), 1.0)
    reports.read(block(30_002, 127), 1.1)
    assert reports.reported_loss == 0.0
    reports.read(block(30_100, 64), 3.0)
    assert reports.reported_loss == 0.25


def test_the_way_down_is_without_the_way_up() -> None:
    reports = Reports(5, "c")
    reports.read(block(1, 0), 1.0)
    reports.read(block(200, 128), 2.0)
    assert reports.loss_down(0.0) == 0.5
    assert reports.loss_down(0.375) == pytest.approx(0.2)
    assert reports.loss_down(0.9) == 0.0
    assert reports.loss_down(1.0) == 0.0


def test_only_repairs_of_our_own_stream_are_passed_on() -> None:
    data = rtcp.build_nack(9, 5, (1, 2)) + rtcp.build_nack(9, 6, (3,))
    assert Reports(5, "c").read(data, 1.0) == [rtcp.Nack(5, (1, 2))]


def test_goodbye_is_a_whole_compound_packet() -> None:
    packets = rtcp.parse(Reports(5, "c").bye())
    assert packets == [rtcp.ReceiverReport(5), rtcp.Bye((5,))]
