"""However packets travel, each is placed once, in order, and never after it arrived."""

import random

from hypothesis import given, settings, strategies as st

from recorder.placing import HOLD, Placed, Segment
from recorder.rtp import RtpPacket

FRAME = 960
FIVE_MS = 240


@settings(deadline=None)  # a busy machine is not a failure
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0, 500, 5_000, 48_000]),
    st.sampled_from([0.0, 0.05, 0.5]),
    st.randoms(use_true_random=False),
)
def test_every_packet_is_placed_once_and_not_after_its_arrival(
    base: int, jitter: int, loss: float, dice: random.Random
) -> None:
    sent = [number for number in range(300) if dice.random() >= loss]
    arrivals = sorted((number * FRAME + dice.randint(0, jitter), number) for number in sent)
    segment = Segment(1)
    placed: list[tuple[int, Placed]] = []

    def take(now: int) -> None:
        while (one := segment.take(now)) is not None:
            segment.took(FRAME)
            placed.append((int.from_bytes(one.payload, "big"), one))

    for arrived, number in arrivals:
        take(arrived)
        timestamp = (base + number * FRAME) % 2**32
        assert segment.add(RtpPacket(111, timestamp, 1, number.to_bytes(2, "big")), arrived)
    take(arrivals[-1][0] + 2 * HOLD if arrivals else 0)

    assert [number for number, _ in placed] == sent
    assert segment.late == 0
    arrived_at = {number: arrived for arrived, number in arrivals}
    for number, one in placed:
        assert one.position <= arrived_at[number] + FIVE_MS
        assert one.position >= number * FRAME - FIVE_MS


def test_a_packet_that_comes_twice_or_too_late_is_counted() -> None:
    segment = Segment(1)
    for number in (0, 1, 1, 2):
        segment.add(RtpPacket(111, number * FRAME, 1, b"x"), number * FRAME)
    taken = 0
    while segment.take(2 * FRAME + HOLD) is not None:
        segment.took(FRAME)
        taken += 1
    assert (taken, segment.late) == (3, 1)
    segment.add(RtpPacket(111, 0, 1, b"x"), 3 * FRAME)
    assert segment.take(3 * FRAME + HOLD) is None
    assert segment.late == 2


def test_timestamps_that_begin_anew_are_another_segment() -> None:
    segment = Segment(1)
    assert segment.add(RtpPacket(111, 1_000_000, 1, b"x"), 0)
    assert not segment.add(RtpPacket(111, 5_000_000, 1, b"x"), FRAME)


def test_what_comes_after_a_pause_does_not_delay_what_was_before() -> None:
    """The network turns 2 ms faster, too little to follow; later the timestamps stand still."""
    segment = Segment(1)
    arrivals = [number * FRAME + 100 for number in range(400)]
    arrivals += [number * FRAME for number in range(400, 800)]
    arrivals += [(number + 100) * FRAME for number in range(800, 1000)]
    placed = []
    for number, arrived in enumerate([*arrivals, arrivals[-1] + HOLD]):
        while (one := segment.take(arrived)) is not None:
            segment.took(FRAME)
            placed.append(one.position)
        if number < len(arrivals):
            segment.add(RtpPacket(111, number * FRAME, 1, b"x"), arrived)
    assert len(placed) == len(arrivals)
    assert all(
        abs(there - arrived) <= FIVE_MS for there, arrived in zip(placed, arrivals, strict=True)
    )
