"""The packet path in Python: unprotect, rewrite, protect, send, inside the read callback.

All of `plane.Plane` but the socket, which `udp_plane.UdpPlane` adds; see there for what each call
means. No asyncio, no socket, no clock.
"""

import struct
from collections import Counter, defaultdict
from collections.abc import Iterable

from server.media.packets import (
    MAX_DATAGRAM,
    RTP_HEADER,
    RTP_HEADER_LENGTH,
    DatagramKind,
    kind_of,
    voice_level,
)
from server.media.plane import (
    Address,
    Drop,
    Forwarded,
    LegCounters,
    PlaneTotals,
    Reception,
    Send,
    Slow,
    SrtpKeys,
    Tap,
    Tapped,
)
from server.media.relay_leg import KEPT, IncomingVoice, NoKeys, RelayLeg
from server.media.srtp import Contexts, SrtpError, SrtpReplayed

OPUS = 111
CLOCK_RATE = 48_000
_FRAME = 960  # 20 ms, what browsers send
_MAX_SOURCES = 8
"""SSRCs one leg may use; libsrtp allocates per SSRC, so a peer must not choose how many."""
_SHORT = struct.Struct("!H")


class Relay:
    """Forwards datagrams that are given to `receive`; `send` and `slow` are called from inside it."""

    def __init__(self, *, send: Send, slow: Slow) -> None:
        self._send = send
        self._slow = slow
        self._legs: dict[str, RelayLeg] = {}
        self._by_address: dict[Address, RelayLeg] = {}
        self._dropped: Counter[str] = Counter()
        self._tapped: defaultdict[Tap, list[Tapped]] = defaultdict(list)
        self._packets_in = self._packets_out = 0
        self._bytes_in = self._bytes_out = 0

    # ---- legs

    def add_leg(self, leg_id: str, ssrc: int) -> None:
        if leg_id in self._legs:
            raise ValueError(f"leg {leg_id} is there already")
        self._legs[leg_id] = RelayLeg(leg_id, ssrc)

    def remove(self, leg_id: str) -> None:
        leg = self._legs.pop(leg_id)
        if leg.speaker is not None:
            del leg.speaker.listeners[leg_id]
        for listener in leg.listeners.values():
            listener.speaker = listener.feed = None
        for address in leg.addresses:
            del self._by_address[address]

    def feed(self, speaker: str, listeners: Iterable[str]) -> None:
        source = self._legs[speaker]
        wanted = {leg_id: self._legs[leg_id] for leg_id in listeners}
        if speaker in wanted:
            raise ValueError("a leg cannot hear itself")
        for leg_id in [known for known in source.listeners if known not in wanted]:
            self.hear(leg_id, None)
        for leg_id in wanted:
            self.hear(leg_id, speaker)

    def hear(self, listener: str, speaker: str | None) -> None:
        leg = self._legs[listener]
        source = None if speaker is None else self._legs[speaker]
        if source is leg:
            raise ValueError("a leg cannot hear itself")
        if source is leg.speaker:
            return
        if leg.speaker is not None:
            del leg.speaker.listeners[listener]
        leg.speaker, leg.feed = source, None
        if source is not None:
            source.listeners[listener] = leg

    def set_keys(self, leg_id: str, keys: SrtpKeys) -> None:
        leg = self._legs[leg_id]
        contexts = Contexts(keys)
        leg.unprotect, leg.unprotect_rtcp = contexts.unprotect, contexts.unprotect_rtcp
        leg.protect, leg.protect_rtcp = contexts.protect, contexts.protect_rtcp

    def bind(self, leg_id: str, address: Address) -> None:
        leg = self._legs[leg_id]
        if self._by_address.get(address) is leg:
            return
        self.unbind(address)
        self._by_address[address] = leg
        leg.addresses.add(address)

    def unbind(self, address: Address) -> None:
        leg = self._by_address.pop(address, None)
        if leg is not None:
            leg.addresses.discard(address)
            if leg.target == address:
                leg.target = None

    def set_target(self, leg_id: str, address: Address | None) -> None:
        self._legs[leg_id].target = address

    def set_tap(self, leg_id: str, tap: Tap | None, whose: str = "") -> None:
        leg = self._legs[leg_id]
        leg.tap, leg.whose = tap, whose

    def set_muted(self, leg_id: str, muted: bool) -> None:
        leg = self._legs[leg_id]
        leg.muted = muted
        leg.level = None
        for listener in leg.listeners.values():
            # Whatever was said meanwhile must not look like loss to the listener.
            listener.feed = None

    # ---- packets

    def receive(self, datagram: bytes, address: Address, now: float) -> None:
        """Take one datagram from the socket: forward it, hand it to `Slow`, or count and drop it."""
        self._packets_in += 1
        self._bytes_in += len(datagram)
        leg = self._by_address.get(address)
        if (
            leg is None
            or not RTP_HEADER_LENGTH <= len(datagram) <= MAX_DATAGRAM
            or not 128 <= datagram[0] <= 191
            or 192 <= datagram[1] <= 223
        ):
            self._receive_other(datagram, address, leg, now)
            return
        first, second, sequence, timestamp, ssrc = RTP_HEADER.unpack_from(datagram)
        if second & 0x7F != OPUS:
            self._dropped["payload_type"] += 1
            return
        voice = leg.voice
        if voice is None or voice.ssrc != ssrc:
            voice = self._new_voice(leg, ssrc, sequence)
            if voice is None:
                return
        try:
            packet = leg.unprotect(datagram)
        except (SrtpError, NoKeys) as error:
            self._refuse(error)
            return
        # From here on the packet is known to be the leg's own, and new.
        if leg.voice is not voice:
            leg.voice = voice
            leg.sources.add(ssrc)
        leg.heard_at = now
        ahead = (sequence - voice.highest) & 0xFFFF
        if ahead < 0x8000:
            voice.highest += ahead
            if address != leg.target:
                # Only the newest packet moves the target: a late one may come from the old network.
                self._slow(DatagramKind.RTP, leg.id, packet[:RTP_HEADER_LENGTH], address, now)
        voice.received += 1
        transit = now * CLOCK_RATE - timestamp
        if voice.at:
            difference = abs(transit - voice.transit)
            if difference < CLOCK_RATE:  # a pause of the sender is not jitter
                voice.jitter += (difference - voice.jitter) * 0.0625
        voice.transit = transit
        voice.at = now
        if leg.muted:
            self._dropped["muted"] += 1
            return
        leg.level = voice_level(packet)
        if leg.tap is not None:
            self._tapped[leg.tap].append((leg.whose, packet, now))
        # ---- towards the listeners
        if not leg.listeners:
            self._dropped["no_peer"] += 1
            return
        payload = packet[RTP_HEADER_LENGTH:]
        # Written out here and not as a method: a call each costs what the forwarding of a listener
        # may cost beside its encryption and its system call.
        for peer in leg.listeners.values():
            target = peer.target
            if target is None:
                self._dropped["peer_not_ready"] += 1
                continue
            marker = second
            if peer.feed is not voice:
                self._switch(peer, voice, sequence, timestamp, now)
                marker |= (
                    0x80  # a new talkspurt: the jitter buffer may adapt (RFC 3551 section 4.1)
                )
            out_sequence = (sequence + peer.out_shift) & 0xFFFF
            out_timestamp = (timestamp + peer.out_timestamp_shift) & 0xFFFFFFFF
            ahead = (out_sequence - peer.out_highest) & 0xFFFF
            if ahead < 0x8000:
                peer.out_highest += ahead
                peer.out_timestamp = out_timestamp
                peer.out_at = now
            elif peer.out_highest - (0x10000 - ahead) < peer.out_anchor:
                # Its number was given to another packet: a nonce must never be used twice.
                self._dropped["before_switch"] += 1
                continue
            try:
                wire = peer.protect(
                    RTP_HEADER.pack(first, marker, out_sequence, out_timestamp, peer.out_ssrc)
                    + payload
                )
            except (SrtpError, NoKeys):
                self._dropped["peer_not_ready"] += 1
                continue
            peer.kept[out_sequence % KEPT] = wire
            try:
                self._send(wire, target)
            except BlockingIOError:
                self._dropped["send_full"] += 1
                continue
            except OSError:
                self._dropped["send_error"] += 1
                continue
            peer.out_packets += 1
            peer.out_octets += len(payload)
            self._packets_out += 1
            self._bytes_out += len(wire)

    def _receive_other(
        self, datagram: bytes, address: Address, leg: RelayLeg | None, now: float
    ) -> None:
        """Everything but RTP from a bound address."""
        kind = kind_of(datagram)
        if kind is None:
            self._dropped["junk"] += 1
        elif kind is DatagramKind.STUN:
            self._slow(kind, leg.id if leg else None, datagram, address, now)
        elif leg is None:  # before any crypto
            self._dropped["unknown_address"] += 1
        elif kind is DatagramKind.DTLS:
            self._slow(kind, leg.id, datagram, address, now)
        elif kind is DatagramKind.RTCP:
            try:
                packet = leg.unprotect_rtcp(datagram)
            except (SrtpError, NoKeys) as error:
                self._refuse(error)
                return
            leg.heard_at = now
            self._slow(kind, leg.id, packet, address, now)

    def _new_voice(self, leg: RelayLeg, ssrc: int, sequence: int) -> IncomingVoice | None:
        if ssrc in leg.sources:
            self._dropped["old_source"] += 1
            return None
        if len(leg.sources) >= _MAX_SOURCES:
            self._dropped["too_many_sources"] += 1
            return None
        return IncomingVoice(ssrc, sequence)

    def _refuse(self, error: Exception) -> None:
        if isinstance(error, NoKeys):
            self._dropped["no_keys"] += 1
        elif isinstance(error, SrtpReplayed):
            self._dropped["srtp_replay"] += 1
        else:
            self._dropped["srtp_auth"] += 1

    def _switch(
        self, peer: RelayLeg, voice: IncomingVoice, sequence: int, timestamp: int, now: float
    ) -> None:
        """Carry the numbers the listener sees on from one voice to the next, so that it hears one stream."""
        peer.feed = voice
        if peer.out_highest >= 0:
            elapsed = max(_FRAME, int((now - peer.out_at) * CLOCK_RATE))
            peer.out_shift = (peer.out_highest + 1 - sequence) & 0xFFFF
            peer.out_timestamp_shift = (peer.out_timestamp + elapsed - timestamp) & 0xFFFFFFFF
            peer.out_anchor = peer.out_highest + 1
        else:
            peer.out_highest = sequence - 1
            peer.out_anchor = sequence

    def flush_taps(self) -> None:
        """Hand each tap what was kept for it; called once a drain of the socket. Never raises."""
        tapped = list(self._tapped.items())
        self._tapped.clear()
        for tap, packets in tapped:
            try:
                tap(packets)
            except Exception:  # the recorder's trouble is not the call's, nor another room's
                self._dropped["tap_failed"] += len(packets)

    # ---- control

    def send_rtcp(self, leg_id: str, packet: bytes) -> None:
        leg = self._legs[leg_id]
        if leg.target is None:
            return
        try:
            self._send(leg.protect_rtcp(packet), leg.target)
        except NoKeys:
            return
        except (SrtpError, OSError):
            self._dropped["send_error"] += 1

    def resend(self, leg_id: str, sequences: tuple[int, ...]) -> int:
        leg = self._legs[leg_id]
        sent = 0
        if leg.target is None:
            return sent
        for sequence in sequences[:KEPT]:
            wire = leg.kept[sequence % KEPT]
            # The very bytes sent before: same nonce, same text, so nothing is given away.
            if wire and _SHORT.unpack_from(wire, 2)[0] == sequence:
                try:
                    self._send(wire, leg.target)
                except OSError:
                    self._dropped["send_error"] += 1
                    return sent
                sent += 1
        return sent

    def counters(self, leg_id: str) -> LegCounters:
        leg = self._legs[leg_id]
        voice = leg.voice
        return LegCounters(
            reception=None
            if voice is None
            else Reception(
                ssrc=voice.ssrc,
                base=voice.base,
                highest=voice.highest,
                received=voice.received,
                jitter=voice.jitter,
                at=voice.at,
            ),
            forwarded=Forwarded(
                ssrc=leg.out_ssrc,
                packets=leg.out_packets,
                octets=leg.out_octets,
                timestamp=leg.out_timestamp,
                at=leg.out_at,
                timestamp_offset=leg.out_timestamp_shift,
            ),
            level=leg.level,
        )

    def heard_at(self, leg_id: str) -> float:
        return self._legs[leg_id].heard_at

    def totals(self) -> PlaneTotals:
        return PlaneTotals(
            packets_in=self._packets_in,
            packets_out=self._packets_out,
            bytes_in=self._bytes_in,
            bytes_out=self._bytes_out,
            dropped=dict(self._dropped),
        )

    def count(self, reason: Drop) -> None:
        self._dropped[reason] += 1
