"""One leg's RTCP: builds its reports from the plane's counters, reads what it reports back. Pure.

One compound packet a leg and interval: SR for the voice it is sent, RR about the voice it sends. The
loss told to a sender is the worst of what we lost and what its listener lost, because that loss is
what its Opus encoder tunes its forward error correction to.
"""

from server.media import rtcp
from server.media.plane import LegCounters
from server.media.relay import CLOCK_RATE

_MAX_RTT_S = 60.0
_MIN_SAMPLE = 25
"""Packets (0.5 s) a loss figure must rest on: a browser's first report often covers two."""


class Reports:
    """State of one leg's reporting; give every method the same clock."""

    def __init__(self, ssrc: int, cname: str) -> None:
        self._ssrc = ssrc
        self._cname = rtcp.build_cname(ssrc, cname.encode())
        self._last_sr: tuple[int, float] | None = None
        self._speaker_clock: tuple[int, float] | None = None
        self._previous: tuple[int, int, int] | None = None
        self._reported_highest: int | None = None
        self.loss_up = 0.0
        self.reported_loss = 0.0
        """What the side itself reports for the voice sent to it; includes what its speaker lost."""
        self.rtt_s: float | None = None

    def read(self, data: bytes, now: float) -> list[rtcp.Nack]:
        """Take a decrypted compound packet of this leg; returns the repairs it asks for.

        Raises rtcp.RtcpError.
        """
        nacks = []
        for packet in rtcp.parse(data):
            match packet:
                case rtcp.SenderReport():
                    self._last_sr = rtcp.middle(packet.ntp), now
                    self._speaker_clock = packet.timestamp, now
                    self._read_blocks(packet.blocks, now)
                case rtcp.ReceiverReport():
                    self._read_blocks(packet.blocks, now)
                case rtcp.Nack():
                    if packet.media_ssrc == self._ssrc:
                        nacks.append(packet)
                case rtcp.Bye():
                    self._speaker_clock = None
        return nacks

    def speaker_timestamp(self, now: float) -> int | None:
        """The RTP time of this leg's voice at `now`, by its own sender reports; None before the first."""
        if self._speaker_clock is None:
            return None
        timestamp, at = self._speaker_clock
        return timestamp + int((now - at) * CLOCK_RATE)

    def loss_down(self, speaker_loss: float) -> float:
        """Loss between us and this side alone: without what was lost before it reached us."""
        if speaker_loss >= 1.0:
            return 0.0
        return max(0.0, (self.reported_loss - speaker_loss) / (1.0 - speaker_loss))

    def write(
        self, mine: LegCounters, speaker: "Reports | None", listener_loss: float, now: float
    ) -> bytes:
        """The compound packet for this leg.

        `speaker` is the reports of whom it hears, for the translated clock; `listener_loss` the worst
        loss (0-1) that anyone who hears this leg reports.
        """
        blocks = self._blocks(mine, listener_loss, now)
        forwarded = mine.forwarded
        if not forwarded.packets:
            return rtcp.build_receiver_report(rtcp.ReceiverReport(self._ssrc, blocks)) + self._cname
        theirs = speaker.speaker_timestamp(now) if speaker is not None else None
        if theirs is not None:
            timestamp = theirs + forwarded.timestamp_offset
        else:
            timestamp = forwarded.timestamp + int((now - forwarded.at) * CLOCK_RATE)
        report = rtcp.SenderReport(
            ssrc=self._ssrc,
            ntp=rtcp.ntp_of(now),
            timestamp=timestamp,
            packets=forwarded.packets,
            octets=forwarded.octets,
            blocks=blocks,
        )
        return rtcp.build_sender_report(report) + self._cname

    def bye(self) -> bytes:
        """Says that the voice sent to this leg has ended for good."""
        empty = rtcp.build_receiver_report(rtcp.ReceiverReport(self._ssrc))
        return empty + self._cname + rtcp.build_bye(self._ssrc)

    def _blocks(
        self, mine: LegCounters, listener_loss: float, now: float
    ) -> tuple[rtcp.Block, ...]:
        voice = mine.reception
        if voice is None:
            return ()
        expected = voice.highest - voice.base + 1
        before = self._previous
        self._previous = voice.ssrc, expected, voice.received
        if before is None or before[0] != voice.ssrc:
            before = voice.ssrc, 0, 0
        due, got = expected - before[1], voice.received - before[2]
        if due > 0:
            self.loss_up = min(1.0, max(0.0, (due - got) / due))
        last, delay = 0, 0
        if self._last_sr is not None:
            last, at = self._last_sr
            delay = int((now - at) * 65536)
        return (
            rtcp.Block(
                ssrc=voice.ssrc,
                fraction=min(255, int(max(self.loss_up, listener_loss) * 256)),
                lost=expected - voice.received,
                highest=voice.highest,
                jitter=int(voice.jitter),
                last_sr=last,
                delay=delay,
            ),
        )

    def _read_blocks(self, blocks: tuple[rtcp.Block, ...], now: float) -> None:
        for block in blocks:
            if block.ssrc != self._ssrc:
                continue
            before = self._reported_highest
            if before is None or block.highest < before:
                self._reported_highest = block.highest
            elif block.highest - before >= _MIN_SAMPLE:
                self.reported_loss = block.fraction / 256
                self._reported_highest = block.highest
            if block.last_sr:
                # RFC 3550 section 6.4.1; the difference wraps every 18 hours.
                ticks = (rtcp.middle(rtcp.ntp_of(now)) - block.last_sr - block.delay) & 0xFFFFFFFF
                if ticks < _MAX_RTT_S * 65536:
                    self.rtt_s = ticks / 65536
