"""Stable codes of `refused` and of WebSocket closes: part of the protocol, never reworded."""

from typing import Final

# What a peer did wrong.
BAD_MESSAGE: Final = "bad_message"
TOO_LARGE: Final = "too_large"
TEXT_FRAME: Final = "text_frame"
VERSION: Final = "version"
HELLO_FIRST: Final = "hello_first"
HELLO_TWICE: Final = "hello_twice"
JOIN_FIRST: Final = "join_first"
JOIN_TWICE: Final = "join_twice"
TOO_SLOW: Final = "too_slow"
TIMED_OUT: Final = "timed_out"
GAP: Final = "gap"

# Who they are.
TOKEN_INVALID: Final = "token_invalid"
TOKEN_EXPIRED: Final = "token_expired"
TOKEN_REVOKED: Final = "token_revoked"
GRANT_INVALID: Final = "grant_invalid"
FORBIDDEN: Final = "forbidden"
REPLACED: Final = "replaced"

# What is not so.
UNKNOWN_CALL: Final = "unknown_call"
UNKNOWN_TEACHER: Final = "unknown_teacher"
UNKNOWN_PAGE: Final = "unknown_page"
UNKNOWN_STROKE: Final = "unknown_stroke"
UNKNOWN_MEMBER: Final = "unknown_member"
UNKNOWN_PHOTO: Final = "unknown_photo"
PAGE_EXISTS: Final = "page_exists"
STROKE_EXISTS: Final = "stroke_exists"
STROKE_ENDED: Final = "stroke_ended"
BOARD_FULL: Final = "board_full"
ALREADY_CALLING: Final = "already_calling"
IN_SESSION: Final = "in_session"
SESSION_ENDED: Final = "session_ended"
BAD_SDP: Final = "bad_sdp"
NO_MEDIA: Final = "no_media"

# What is our side's.
DRAINING: Final = "draining"
RECORDER_UNAVAILABLE: Final = "recorder_unavailable"
FULL: Final = "full"
INTERNAL: Final = "internal"

CLOSE_CODES: Final[dict[str, int]] = {
    BAD_MESSAGE: 4400,
    TEXT_FRAME: 4400,
    HELLO_FIRST: 4400,
    HELLO_TWICE: 4400,
    JOIN_FIRST: 4400,
    JOIN_TWICE: 4400,
    TOKEN_INVALID: 4401,
    TOKEN_EXPIRED: 4401,
    TOKEN_REVOKED: 4401,
    GRANT_INVALID: 4403,
    FORBIDDEN: 4403,
    TIMED_OUT: 4408,
    REPLACED: 4409,
    SESSION_ENDED: 4410,
    TOO_LARGE: 4413,
    TOO_SLOW: 4414,
    VERSION: 4426,
    INTERNAL: 4500,
    DRAINING: 4503,
    FULL: 4503,
}
"""WebSocket close code by refusal code; the reason text of the close is the refusal code itself.

4000-4999 is the private range of RFC 6455 section 7.4.2; the last three digits borrow HTTP's.
"""

DO_NOT_RECONNECT: Final = frozenset(
    {TOKEN_INVALID, TOKEN_REVOKED, GRANT_INVALID, FORBIDDEN, REPLACED, SESSION_ENDED, VERSION}
)
"""After these a client must not come back by itself: trying again cannot help."""
