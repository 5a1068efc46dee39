"""Decides where on the session's clock each packet of a voice was spoken.

A sender's timestamps say how far its packets are apart, never when they were spoken; the arrival
times say when, but late by whatever the network held them up. So the place of a packet is its
timestamp plus an offset, and the offset is the smallest (arrival - timestamp) around it: the
packet that travelled fastest. The sender's clock drifts, so the smallest is taken over a few
seconds only, and the offset follows it. All figures are samples of 48 kHz.
"""

from collections import deque
from heapq import heappop, heappush
from typing import NamedTuple

from recorder.format.records import SAMPLE_RATE
from recorder.rtp import RtpPacket, unwrap

HOLD = 5 * SAMPLE_RATE
"""How long packets wait to be put in order, and how far ahead the offset looks. A network that
stalls for less than this and then delivers everything is put right without a trace."""

_ANEW = 3 * SAMPLE_RATE
"""A transit that changes by more than this is no network: the sender began counting anew. Shorter
than `HOLD`, so that a shorter change is still seen from both of its sides."""

_ENOUGH = 25
"""Arrivals ahead (half a second of speech) that can overrule those behind. They must when a sender
stopped its timestamps during a pause; a talk spurt's last packets have too few ahead."""

_TOLERANCE = SAMPLE_RATE // 200
"""5 ms: what the offset may be off, so that jitter alone never moves it."""
_JUMP = SAMPLE_RATE // 25
"""40 ms: more than this is no drift, and is put right at once, also inside speech."""
_SLEW = 2
"""Samples that one packet may be stretched or shortened by: 0.2 % of 20 ms, twenty times the worst
drift of a crystal, and four cents of pitch."""


class Placed(NamedTuple):
    """One packet in its place; `stretch` is the samples to lengthen its sound by, or shorten."""

    position: int
    stretch: int
    payload: bytes


class SlidingMinimum:
    """The smallest of the values seen since some time; both times only go forward."""

    def __init__(self) -> None:
        self._times: deque[int] = deque()
        self._smallest: deque[tuple[int, int]] = deque()

    def add(self, time: int, value: int) -> None:
        """Take in a value."""
        self._times.append(time)
        while self._smallest and self._smallest[-1][1] >= value:
            self._smallest.pop()
        self._smallest.append((time, value))

    def since(self, time: int) -> tuple[int, int | None]:
        """Return how many values there are since `time`, and the smallest."""
        while self._times and self._times[0] < time:
            self._times.popleft()
        while self._smallest and self._smallest[0][0] < time:
            self._smallest.popleft()
        return len(self._times), self._smallest[0][1] if self._smallest else None


class Segment:
    """A stretch of one voice with one source of timestamps: from joining to joining anew."""

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self.late = 0
        """Packets that came after their place was past, or twice."""
        self._waiting: list[tuple[int, int, int, bytes]] = []
        self._count = 0
        self._newest = 0
        self._arrived = 0
        self._transit = self._fastest = 0
        self._ahead = SlidingMinimum()
        self._around = SlidingMinimum()
        self._offset: int | None = None
        self._settled = 0
        """Arrivals before this were measured against an offset since given up."""
        self._done = 0
        """The timestamp up to which packets were handed out."""

    def __len__(self) -> int:
        return len(self._waiting)

    def ended(self, now: int) -> bool:
        """Whether nothing is left and nothing came for so long that a new segment may begin."""
        return not self._waiting and now - self._arrived > 2 * HOLD

    def add(self, packet: RtpPacket, arrived: int) -> bool:
        """Take in a packet of this source; False when its timestamps began anew."""
        timestamp = unwrap(packet.timestamp, self._newest) if self._count else packet.timestamp
        transit = arrived - timestamp
        if self._count and abs(transit - self._transit) > _ANEW:
            return False
        self._fastest = min(transit, self._fastest) if self._count else transit
        self._count += 1
        self._newest = timestamp
        self._arrived = arrived
        self._transit = transit
        self._ahead.add(arrived, transit)
        self._around.add(arrived, transit)
        heappush(self._waiting, (timestamp, self._count, transit, packet.payload))
        return True

    def take(self, now: int) -> Placed | None:
        """Return the next packet whose place lies `HOLD` before `now`, or None."""
        while self._waiting:
            timestamp, _, transit, payload = self._waiting[0]
            offset = self._fastest if self._offset is None else self._offset
            if timestamp + offset + HOLD > now:
                return None
            heappop(self._waiting)
            if self._offset is not None and timestamp < self._done:
                self.late += 1
                continue
            return self._place(timestamp, transit, payload)
        return None

    def took(self, samples: int) -> None:
        """Say how long the packet last taken turned out to be, before stretching."""
        self._done += samples

    def _place(self, timestamp: int, transit: int, payload: bytes) -> Placed:
        first = self._offset is None
        offset = self._fastest if self._offset is None else self._offset
        enough, target = self._ahead.since(timestamp + offset)
        _, around = self._around.since(max(self._settled, timestamp + offset - HOLD))
        if enough < _ENOUGH:
            target = around
        # Nothing is heard after it arrived, so a packet's own transit bounds its offset too.
        wrong = (transit if target is None else min(target, transit)) - offset
        stretch = 0
        if first or abs(wrong) > _JUMP:
            offset += wrong
            self._settled = timestamp + offset
        elif abs(wrong) > _TOLERANCE:
            if timestamp > self._done:
                # After a hole: nobody hears the correction.
                offset += wrong
            else:
                stretch = _SLEW if wrong > 0 else -_SLEW
        placed = Placed(timestamp + offset, stretch, payload)
        self._offset = offset + stretch
        self._done = timestamp
        return placed
