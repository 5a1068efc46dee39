"""The nouns the media plane shows to the rest of the server: configuration, states, figures, errors."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class LegState(StrEnum):
    """Where one side's media stands.

    It moves by `TRANSITIONS`. Only `close()` and a DTLS handshake that cannot succeed lead to CLOSED: silence never does.
    """

    NEW = "new"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    INTERRUPTED = "interrupted"
    CLOSED = "closed"


class LegEvent(StrEnum):
    """What moves one side's media."""

    ANSWERED = "answered"
    KEYED = "keyed"
    DTLS_FAILED = "dtls_failed"
    SILENT = "silent"
    HEARD = "heard"
    ENDED_BY_PEER = "ended_by_peer"
    CLOSE = "close"


TRANSITIONS: Mapping[tuple[LegState, LegEvent], LegState] = {
    (LegState.NEW, LegEvent.ANSWERED): LegState.CONNECTING,
    (LegState.NEW, LegEvent.CLOSE): LegState.CLOSED,
    (LegState.CONNECTING, LegEvent.KEYED): LegState.CONNECTED,
    (LegState.CONNECTING, LegEvent.DTLS_FAILED): LegState.CLOSED,
    (LegState.CONNECTING, LegEvent.CLOSE): LegState.CLOSED,
    (LegState.CONNECTED, LegEvent.SILENT): LegState.INTERRUPTED,
    (LegState.CONNECTED, LegEvent.ENDED_BY_PEER): LegState.INTERRUPTED,
    (LegState.CONNECTED, LegEvent.CLOSE): LegState.CLOSED,
    (LegState.INTERRUPTED, LegEvent.HEARD): LegState.CONNECTED,
    (LegState.INTERRUPTED, LegEvent.CLOSE): LegState.CLOSED,
}
"""An event that is not here changes nothing: a handshake may end after the leg was closed.
A side that was ended by its peer is never heard again; only a new leg helps."""


class MediaConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one media process; times in seconds."""

    host: str = "0.0.0.0"
    """Address to bind: IPv4, or IPv6 (`::` takes both)."""
    port: int = 0
    """UDP port; 0 lets the system choose."""
    announce: tuple[tuple[str, int], ...] = ()
    """(address, port) pairs put into the offer instead of the bound ones; port 0 means the bound port."""
    interrupted_after_s: float = 6.0
    """Silence after which a side is shown as interrupted."""
    path_expires_s: float = 30.0
    """Silence after which nothing more is sent to an address (consent, RFC 7675 section 5.1)."""
    max_legs: int = 1000
    rtcp_interval_s: float = 1.0
    receive_buffer_bytes: int = 4 * 1024 * 1024
    """SO_RCVBUF: 4 MiB hold about 200 ms of 500 calls, should the loop stall."""


class LegQuality(msgspec.Struct, frozen=True, kw_only=True):
    """What the quality sign on the screen is made from; None where nothing was measured yet."""

    loss_up: float
    """Fraction (0-1) of the side's own packets lost on their way to the server, last report interval."""
    loss_down: float
    """Fraction (0-1) of forwarded packets lost between server and side, as that side reports it."""
    rtt_ms: float | None
    jitter_ms: float
    """Interarrival jitter (RFC 3550 A.8) of the side's packets at the server."""
    level: int | None
    """Voice level now, -127 (silence) to 0 dBov (RFC 6464); None while it sends nothing or is muted."""


class MediaStats(msgspec.Struct, frozen=True, kw_only=True):
    """Totals since the start of the process."""

    packets_in: int
    packets_out: int
    bytes_in: int
    bytes_out: int
    dropped: dict[str, int]
    """Reason -> datagrams; the names are those of `plane.Drop`."""
    kernel_drops: int
    """Datagrams the kernel threw away because the receive buffer was full."""
    stun_requests: int
    """Authenticated Binding requests."""
    legs: dict[str, int]
    """State -> legs."""
    loop_lag_p99_ms: float
    """How late the endpoint's timer fired, worst of a hundred, over the last minute."""


class MediaError(Exception):
    """A peer asked for something that cannot be: `code` is stable, `safe_text` may be shown to it."""

    def __init__(self, code: str, safe_text: str) -> None:
        super().__init__(f"{code}: {safe_text}")
        self.code = code
        self.safe_text = safe_text
