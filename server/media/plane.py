"""The packet path's interface: what a leg, its keys and its counters are, and what a plane must do.

A plane owns its socket: it opens it, reads it, forwards media on its own, and hands on what is not
media. `udp_plane.UdpPlane` is the one implementation; nothing here holds asyncio or a socket, so that a
native thread can take its place: it would be named where `endpoint.MediaEndpoint` is made.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Protocol, TypeAlias

import msgspec

from server.media.packets import DatagramKind

Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
"""As the socket gives it: (host, port), for IPv6 with flow and scope."""

Tapped: TypeAlias = tuple[str, bytes, float]
"""Whose it is, a decrypted RTP packet as its sender made it, its receive time in clock seconds."""

Tap: TypeAlias = Callable[[list[Tapped]], None]
"""Takes what was tapped since it was called last, in the order it came, legs with the same tap together."""

Slow: TypeAlias = Callable[[DatagramKind, str | None, bytes, Address, float], None]
"""Takes (kind, leg id or None if the address is unknown, bytes, address, now).

STUN comes as received; DTLS as received and only from bound addresses; RTCP decrypted and
authenticated; RTP (a header only) when authenticated media came from another address than the leg's
target, so that whoever orders addresses may follow it.
"""

Send: TypeAlias = Callable[[bytes, Address], object]
"""`socket.sendto`; it may raise OSError."""


class Drop(StrEnum):
    """Why a datagram went no further; the names are stable, they are metrics."""

    JUNK = "junk"
    UNKNOWN_ADDRESS = "unknown_address"
    NO_KEYS = "no_keys"
    SRTP_AUTH = "srtp_auth"
    SRTP_REPLAY = "srtp_replay"
    PAYLOAD_TYPE = "payload_type"
    TOO_MANY_SOURCES = "too_many_sources"
    OLD_SOURCE = "old_source"
    MUTED = "muted"
    NO_PEER = "no_peer"
    PEER_NOT_READY = "peer_not_ready"
    BEFORE_SWITCH = "before_switch"
    SEND_FULL = "send_full"
    SEND_ERROR = "send_error"
    STUN_BAD = "stun_bad"
    STUN_UNKNOWN = "stun_unknown"
    STUN_FORGED = "stun_forged"
    DTLS_FULL = "dtls_full"
    RTCP_BAD = "rtcp_bad"
    TAP_FAILED = "tap_failed"
    INTERNAL = "internal"


class SrtpKeys(msgspec.Struct, frozen=True):
    """What the DTLS handshake agreed on: libsrtp's profile number, and master key + salt each way."""

    profile: int
    receive: bytes
    send: bytes


class Reception(msgspec.Struct, frozen=True, kw_only=True):
    """What a leg's own voice looked like on arrival (RFC 3550 A.1, A.3, A.8)."""

    ssrc: int
    base: int
    """First sequence number."""
    highest: int
    """Highest sequence number, with the cycles above bit 16."""
    received: int
    jitter: float
    """In timestamp units of 1/48000 s."""
    at: float
    """When the latest packet came, clock seconds."""


class Forwarded(msgspec.Struct, frozen=True, kw_only=True):
    """The voice a leg is being sent."""

    ssrc: int
    packets: int
    octets: int
    """Payload bytes, as sender reports count them."""
    timestamp: int
    """Of the latest packet."""
    at: float
    """When that went out, clock seconds; 0 if nothing did."""
    timestamp_offset: int
    """What was added to the speaker's timestamps."""


class LegCounters(msgspec.Struct, frozen=True, kw_only=True):
    reception: Reception | None
    forwarded: Forwarded
    level: int | None


class PlaneTotals(msgspec.Struct, frozen=True, kw_only=True):
    packets_in: int
    packets_out: int
    bytes_in: int
    bytes_out: int
    dropped: dict[str, int]
    kernel_drops: int = 0
    """Datagrams the kernel threw away because the receive buffer was full."""


class Plane(Protocol):
    """Forwards one speaker's voice to many listeners through its own socket. Not thread-safe: one caller.

    Methods that name a leg raise KeyError if it is not there. `send_slow`, `send_rtcp` and `resend`
    never raise: what goes wrong is counted under a `Drop`. `Slow` and taps are called between `start`
    and `stop` only, on the event loop that called `start`, however many threads a plane may have.
    """

    def start(self, host: str, port: int, *, receive_buffer_bytes: int) -> None:
        """Bind the UDP port (0: any) and begin to forward. OSError, saying which address, if it cannot."""

    def stop(self) -> None:
        """Hand over what was tapped and close the socket. Safe more than once."""

    @property
    def port(self) -> int:
        """The bound UDP port; RuntimeError unless started."""

    def send_slow(self, datagram: bytes, address: Address) -> None:
        """Send what is not media (STUN answers, DTLS), as it is."""

    def add_leg(self, leg_id: str, ssrc: int) -> None:
        """Make a leg that will be sent its speaker's voice under `ssrc`. ValueError if the id is taken."""

    def remove(self, leg_id: str) -> None:
        """Forget a leg, its addresses, whom it hears and who hears it."""

    def feed(self, speaker: str, listeners: Iterable[str]) -> None:
        """Let these legs and no others hear a speaker. One who heard another moves over; the voice
        each hears keeps its SSRC. ValueError if a leg would hear itself."""

    def hear(self, listener: str, speaker: str | None) -> None:
        """Let one leg hear a speaker, or nobody; costs the speaker's other listeners nothing."""

    def set_keys(self, leg_id: str, keys: SrtpKeys) -> None: ...

    def bind(self, leg_id: str, address: Address) -> None:
        """Take datagrams from an address as this leg's, also away from another leg."""

    def unbind(self, address: Address) -> None: ...

    def set_target(self, leg_id: str, address: Address | None) -> None:
        """Where this leg is sent to; None stops sending."""

    def set_tap(self, leg_id: str, tap: Tap | None, whose: str = "") -> None:
        """Hand every new packet of this leg to `tap`, as `whose`, once a drain of the socket."""

    def set_muted(self, leg_id: str, muted: bool) -> None: ...

    def send_rtcp(self, leg_id: str, packet: bytes) -> None:
        """Encrypt a compound RTCP packet and send it to the leg's target, if it has keys and target."""

    def resend(self, leg_id: str, sequences: tuple[int, ...]) -> int:
        """Send again what is still kept of these sequence numbers; returns how many."""

    def counters(self, leg_id: str) -> LegCounters: ...

    def heard_at(self, leg_id: str) -> float:
        """When authenticated RTP or RTCP last came from this leg, clock seconds; 0 if never."""

    def totals(self) -> PlaneTotals: ...

    def count(self, reason: Drop) -> None:
        """Count a datagram that was dropped after `Slow` took it."""


class MakePlane(Protocol):
    """Makes a plane that is not started; `clock` gives the receive times, in monotonic seconds."""

    def __call__(self, *, slow: Slow, clock: Callable[[], float]) -> Plane: ...
