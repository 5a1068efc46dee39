"""The packet path alone: no socket, no loop, the time as a number."""

import os
import struct

import pylibsrtp
import pytest
from hypothesis import given, settings, strategies as st

from server.media.packets import DatagramKind, RtpHeader, rtp_header
from server.media.plane import Address, SrtpKeys, Tapped
from server.media.relay import Relay

PROFILE = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM


def session(key: bytes, direction: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(key=key, ssrc_type=direction, srtp_profile=PROFILE)
    policy.window_size = 1024
    policy.allow_repeat_tx = True
    return pylibsrtp.Session(policy)


class End:
    """A client: its address, its keys."""

    def __init__(self, relay: Relay, leg_id: str, number: int) -> None:
        self.relay, self.id = relay, leg_id
        self.address: Address = ("192.0.2.1", number)
        up, down = os.urandom(28), os.urandom(28)
        self.tx = session(up, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self.rx = session(down, pylibsrtp.Policy.SSRC_ANY_INBOUND)
        relay.add_leg(leg_id, 1000 + number)
        relay.set_keys(leg_id, SrtpKeys(PROFILE, up, down))
        relay.bind(leg_id, self.address)
        relay.set_target(leg_id, self.address)
        self.heard: list[tuple[RtpHeader, bytes]] = []

    def wire(
        self, sequence: int, *, ssrc: int = 1, stamp: int | None = None, kind: int = 111
    ) -> bytes:
        stamp = sequence * 960 if stamp is None else stamp
        packet = struct.pack(
            "!BBHII", 0x80, kind, sequence & 0xFFFF, stamp & 0xFFFFFFFF, ssrc
        ) + struct.pack("!II", ssrc, sequence)
        return self.tx.protect(packet)

    def say(self, sequence: int, now: float = 1.0, **how: int) -> None:
        self.relay.receive(self.wire(sequence, **how), self.address, now)


class Net:
    """A relay, and where its packets go."""

    def __init__(self) -> None:
        self.slow: list[tuple[DatagramKind, str | None]] = []
        self.fail: Exception | None = None
        self.relay = Relay(
            send=self.send, slow=lambda kind, leg, data, addr, now: self.slow.append((kind, leg))
        )
        self.ends: dict[Address, End] = {}

    def end(self, leg_id: str) -> End:
        end = End(self.relay, leg_id, len(self.ends) + 1)
        self.ends[end.address] = end
        return end

    def pair(self) -> tuple[End, End]:
        a, b = self.end("a"), self.end("b")
        self.relay.feed("a", ["b"])
        self.relay.feed("b", ["a"])
        return a, b

    def send(self, datagram: bytes, address: Address) -> None:
        if self.fail is not None:
            raise self.fail
        end = self.ends[address]
        packet = end.rx.unprotect(datagram)
        header = rtp_header(packet)
        assert header is not None
        end.heard.append((header, packet[header.payload_offset :]))

    def dropped(self) -> dict[str, int]:
        return self.relay.totals().dropped


def numbers(end: End) -> list[int]:
    return [header.sequence for header, _ in end.heard]


def test_gaps_and_order_of_the_speaker_are_kept() -> None:
    net = Net()
    a, b = net.pair()
    for sequence in (10, 11, 14, 13, 15):
        a.say(sequence)
    assert numbers(b) == [10, 11, 14, 13, 15]
    assert {header.ssrc for header, _ in b.heard} == {1002}


def test_numbers_wrap_around() -> None:
    net = Net()
    a, b = net.pair()
    for sequence in range(65_530, 65_545):
        a.say(sequence)
    assert numbers(b) == [number & 0xFFFF for number in range(65_530, 65_545)]
    voice = net.relay.counters("a").reception
    assert voice is not None
    assert (voice.highest, voice.received) == (65_544, 15)


def test_a_change_of_source_goes_on_with_the_next_number_and_the_clock() -> None:
    net = Net()
    a, b = net.pair()
    a.say(10, now=1.0)
    a.say(50_000, now=1.5, ssrc=2, stamp=7)
    headers = [header for header, _ in b.heard]
    assert headers[1].sequence == headers[0].sequence + 1
    assert headers[1].timestamp - headers[0].timestamp == 24_000
    assert headers[1].marker


def test_a_late_packet_from_before_a_change_never_reuses_a_number() -> None:
    net = Net()
    a, b = net.pair()
    for sequence in range(10, 15):
        a.say(sequence)
    a.say(200, ssrc=2)
    a.say(198, ssrc=2)  # would take the number of the old voice's last packet but one
    a.say(15, ssrc=1)  # the old voice itself
    assert numbers(b) == [10, 11, 12, 13, 14, 15]
    assert net.dropped() == {"before_switch": 1, "old_source": 1}


def test_a_peer_cannot_open_sources_without_end() -> None:
    net = Net()
    a, _ = net.pair()
    for ssrc in range(1, 30):
        a.say(1, ssrc=ssrc)
    assert net.dropped() == {"too_many_sources": 21}


def test_a_forged_source_does_not_change_the_voice() -> None:
    net = Net()
    a, b = net.pair()
    a.say(10)
    net.relay.receive(b"\x80\x6f" + bytes(50), a.address, 1.0)
    a.say(11)
    assert numbers(b) == [10, 11]
    assert net.dropped() == {"srtp_auth": 1}


def test_a_repeated_datagram_is_dropped_before_tap_and_listener() -> None:
    net = Net()
    a, b = net.pair()
    tapped: list[Tapped] = []
    net.relay.set_tap("a", tapped.extend)
    wire = a.wire(10)
    for _ in range(3):
        net.relay.receive(wire, a.address, 1.0)
    net.relay.flush_taps()
    assert numbers(b) == [10]
    assert len(tapped) == 1
    assert net.dropped() == {"srtp_replay": 2}


def test_other_payload_types_are_not_forwarded() -> None:
    net = Net()
    a, b = net.pair()
    a.say(10, kind=0)
    assert b.heard == []
    assert net.dropped() == {"payload_type": 1}


@pytest.mark.parametrize(
    ("error", "reason"),
    [(BlockingIOError(), "send_full"), (OSError(101, "unreachable"), "send_error")],
)
def test_a_send_that_fails_is_counted_and_the_next_goes_out(error: Exception, reason: str) -> None:
    net = Net()
    a, b = net.pair()
    net.fail = error
    a.say(10)
    net.fail = None
    a.say(11)
    assert numbers(b) == [11]
    assert net.dropped() == {reason: 1}


def test_the_tap_gets_a_voice_that_nobody_hears_yet() -> None:
    net = Net()
    a = net.end("a")
    tapped: list[Tapped] = []
    net.relay.set_tap("a", tapped.extend)
    a.say(1, now=5.0)
    net.relay.flush_taps()
    assert [at for _, _, at in tapped] == [5.0]
    assert net.dropped() == {"no_peer": 1}


def test_a_tap_gets_what_its_legs_said_in_one_list_in_the_order_it_came() -> None:
    net = Net()
    a, b = net.pair()
    lists: list[list[Tapped]] = []
    tap = lists.append
    net.relay.set_tap("a", tap, "p_a")
    net.relay.set_tap("b", tap, "p_b")
    a.say(1, now=1.0)
    b.say(1, now=1.5)
    a.say(2, now=2.0)
    assert lists == [], "nothing is handed over in the middle of a drain"
    net.relay.flush_taps()
    assert [[(whose, at) for whose, _, at in tapped] for tapped in lists] == [
        [("p_a", 1.0), ("p_b", 1.5), ("p_a", 2.0)]
    ]
    net.relay.flush_taps()
    assert len(lists) == 1, "nothing came, nothing is handed over"


def test_one_rooms_failing_tap_is_counted_and_is_not_the_others() -> None:
    net = Net()
    a, b = net.pair()

    def broken(_tapped: list[Tapped]) -> None:
        raise RuntimeError("disk")

    tapped: list[Tapped] = []
    net.relay.set_tap("a", broken)
    net.relay.set_tap("b", tapped.extend)
    a.say(1)
    a.say(2)
    b.say(1)
    net.relay.flush_taps()
    assert len(tapped) == 1
    assert numbers(b) == [1, 2]
    assert net.dropped() == {"tap_failed": 2}


def test_media_from_another_bound_address_is_pointed_out_once_it_is_the_newest() -> None:
    net = Net()
    a, _ = net.pair()
    other: Address = ("198.51.100.1", 9)
    net.relay.bind("a", other)
    a.say(10)
    net.relay.receive(a.wire(12), other, 1.0)
    net.relay.receive(a.wire(11), other, 1.0)  # late
    assert net.slow == [(DatagramKind.RTP, "a")]


def test_pairing_again_leaves_the_old_partner_alone() -> None:
    net = Net()
    a, b = net.pair()
    c = net.end("c")
    net.relay.feed("a", ["c"])
    net.relay.feed("c", ["a"])
    a.say(1)
    b.say(1)
    assert (len(b.heard), len(c.heard), len(a.heard)) == (0, 1, 0)
    net.relay.remove("c")
    a.say(2)
    assert net.dropped() == {"no_peer": 2}


def test_a_leg_is_not_paired_with_itself_nor_added_twice() -> None:
    net = Net()
    net.end("a")
    with pytest.raises(ValueError, match="itself"):
        net.relay.feed("a", ["a"])
        net.relay.feed("a", ["a"])
    with pytest.raises(ValueError, match="already"):
        net.relay.add_leg("a", 5)


def test_kept_packets_are_sent_again_as_they_were_and_old_ones_are_gone() -> None:
    net = Net()
    a, b = net.pair()
    for sequence in range(100):
        a.say(sequence)
    sent: list[bytes] = []
    net.relay._send = lambda data, _: sent.append(data)
    assert net.relay.resend("b", (99, 98, 20, 64_000)) == 2
    assert [int.from_bytes(data[2:4], "big") for data in sent] == [99, 98]
    assert net.relay.resend("a", (99,)) == 0
    assert len(b.heard) == 100


def test_jitter_follows_rfc_3550_and_ignores_pauses() -> None:
    net = Net()
    a, _ = net.pair()
    for index in range(200):
        a.say(index, now=1.0 + index * 0.02 + (0.004 if index % 2 else 0.0))
    voice = net.relay.counters("a").reception
    assert voice is not None
    assert voice.jitter == pytest.approx(192, rel=0.05)  # 4 ms of 48 kHz
    a.say(201, now=100.0)
    after = net.relay.counters("a").reception
    assert after is not None
    assert after.jitter == voice.jitter


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(-3, 6), st.booleans()), min_size=1, max_size=80
    )
)
def test_no_number_is_ever_given_to_two_packets(steps: list[tuple[int, int, bool]]) -> None:
    """Whatever sources, orders and mutes: a nonce is used once (RFC 7714 section 8.4)."""
    net = Net()
    a, b = net.pair()
    positions = dict.fromkeys(range(1, 5), 30_000)
    for ssrc, step, muted in steps:
        net.relay.set_muted("a", muted)
        positions[ssrc] += step
        a.say(positions[ssrc] - 2, ssrc=ssrc)
        a.say(positions[ssrc], ssrc=ssrc)
    given_to: dict[int, bytes] = {}
    for header, payload in b.heard:
        assert given_to.setdefault(header.sequence, payload) == payload


def test_one_speaker_is_heard_by_all_listeners_and_hears_none_of_them() -> None:
    net = Net()
    speaker, listeners = net.end("s"), [net.end(f"l{n}") for n in range(50)]
    net.relay.feed("s", [each.id for each in listeners])
    for n in range(3):
        speaker.say(n)
    assert {len(each.heard) for each in listeners} == {3}
    listeners[0].say(1)
    assert speaker.heard == []


def test_a_listener_without_address_or_keys_costs_the_others_nothing() -> None:
    net = Net()
    speaker, listeners = net.end("s"), [net.end(f"l{n}") for n in range(4)]
    net.relay.set_target("l0", None)
    net.relay.add_leg("no-keys", 77)
    net.relay.bind("no-keys", ("192.0.2.9", 9))
    net.relay.set_target("no-keys", ("192.0.2.9", 9))
    net.relay.feed("s", ["l0", "no-keys", "l1", "l2", "l3"])
    speaker.say(1)
    assert [len(each.heard) for each in listeners] == [0, 1, 1, 1]
    assert net.relay.totals().dropped["peer_not_ready"] == 2


def test_listeners_come_and_go_one_by_one_and_a_late_one_sees_a_stream_of_its_own() -> None:
    net = Net()
    speaker, early, late = net.end("s"), net.end("e"), net.end("l")
    net.relay.hear("e", "s")
    speaker.say(5)
    net.relay.hear("l", "s")
    speaker.say(6)
    net.relay.hear("e", None)
    speaker.say(7)
    assert [header.sequence for header, _ in early.heard] == [5, 6]
    assert [header.sequence for header, _ in late.heard] == [6, 7]
    net.relay.remove("s")
    net.relay.hear("l", None)


def test_feeding_others_silences_who_is_not_named_any_more() -> None:
    net = Net()
    speaker, a, b = net.end("s"), net.end("a"), net.end("b")
    other = net.end("o")
    net.relay.hear("b", "o")
    net.relay.feed("s", ["a", "b"])
    other.say(1)
    speaker.say(1)
    assert (len(a.heard), len(b.heard)) == (1, 1), "b moved over from the other speaker"
    net.relay.feed("s", ["b"])
    speaker.say(2)
    assert (len(a.heard), len(b.heard)) == (1, 2)


def test_a_muted_speaker_is_one_stream_without_a_gap_for_every_listener() -> None:
    net = Net()
    speaker, listeners = net.end("s"), [net.end("a"), net.end("b")]
    net.relay.feed("s", ["a", "b"])
    speaker.say(1)
    net.relay.set_muted("s", True)
    for n in range(2, 10):
        speaker.say(n)
    net.relay.set_muted("s", False)
    speaker.say(10)
    for each in listeners:
        assert [header.sequence for header, _ in each.heard] == [1, 2]
