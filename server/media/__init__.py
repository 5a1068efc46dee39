"""The media plane: one UDP port, ICE-lite, DTLS/SRTP, voices forwarded without decoding."""

from server.media.endpoint import MediaEndpoint
from server.media.leg import Leg
from server.media.model import (
    LegQuality,
    LegState,
    MediaConfig,
    MediaError,
    MediaStats,
)

__all__ = [
    "Leg",
    "LegQuality",
    "LegState",
    "MediaConfig",
    "MediaEndpoint",
    "MediaError",
    "MediaStats",
]
