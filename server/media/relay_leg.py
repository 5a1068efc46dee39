"""What the Python plane keeps of one leg: keys, addresses, what it says, what it is being sent."""

from server.media.plane import Address, Tap
from server.media.srtp import Crypt

KEPT = 64  # packets kept for NACK: 1.3 s, longer than any round trip worth repairing


class IncomingVoice:
    """What arrives from one source (one SSRC) of a leg."""

    __slots__ = ("at", "base", "highest", "jitter", "received", "ssrc", "transit")

    def __init__(self, ssrc: int, sequence: int) -> None:
        self.ssrc = ssrc
        self.base = sequence
        self.highest = sequence - 1
        self.received = 0
        self.jitter = 0.0
        self.transit = 0.0
        self.at = 0.0


class RelayLeg:
    """One side: its keys, where it is, what it says, and what it is being sent (`out_*`)."""

    __slots__ = (
        "addresses",
        "feed",
        "heard_at",
        "id",
        "kept",
        "level",
        "listeners",
        "muted",
        "out_anchor",
        "out_at",
        "out_highest",
        "out_octets",
        "out_packets",
        "out_shift",
        "out_ssrc",
        "out_timestamp",
        "out_timestamp_shift",
        "protect",
        "protect_rtcp",
        "sources",
        "speaker",
        "tap",
        "target",
        "unprotect",
        "unprotect_rtcp",
        "voice",
        "whose",
    )

    def __init__(self, leg_id: str, ssrc: int) -> None:
        self.id = leg_id
        self.addresses: set[Address] = set()
        self.target: Address | None = None
        self.speaker: RelayLeg | None = None
        """Whom this leg hears."""
        self.listeners: dict[str, RelayLeg] = {}
        self.unprotect: Crypt = _no_keys
        self.protect: Crypt = _no_keys
        self.unprotect_rtcp: Crypt = _no_keys
        self.protect_rtcp: Crypt = _no_keys
        self.tap: Tap | None = None
        self.whose = ""
        self.muted = False
        self.level: int | None = None
        self.heard_at = 0.0
        self.voice: IncomingVoice | None = None
        self.sources: set[int] = set()
        self.feed: IncomingVoice | None = None
        """The voice the `out_*` shifts were made for."""
        self.out_ssrc = ssrc
        self.out_shift = 0
        self.out_timestamp_shift = 0
        self.out_highest = -1
        self.out_anchor = 0
        self.out_timestamp = 0
        self.out_at = 0.0
        self.out_packets = 0
        self.out_octets = 0
        self.kept: list[bytes] = [b""] * KEPT


class NoKeys(Exception):
    """The DTLS handshake of this leg is not over."""


def _no_keys(_packet: bytes) -> bytes:
    raise NoKeys
