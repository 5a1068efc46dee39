"""The HTTP status of every code that a refusal can have: one table, and the form errors have."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

STATUS: Final[dict[str, int]] = {
    # What was asked is wrong.
    "bad_request": 400,
    "bad_pen": 400,
    "bad_person": 400,
    "bad_password": 400,
    # RFC 8628 section 3.5 and RFC 6749 section 5.2.
    "authorization_pending": 400,
    "slow_down": 400,
    "expired_token": 400,
    "access_denied": 400,
    # Who asks is not known, or may not.
    "token_invalid": 401,
    "token_expired": 401,
    "token_revoked": 401,
    "wrong_password": 401,
    "forbidden": 403,
    "grant_invalid": 403,
    # It is not there.
    "not_found": 404,
    "no_recording": 404,
    "unknown_code": 404,
    "unknown_job": 404,
    "unknown_pen": 404,
    "unknown_person": 404,
    "unknown_photo": 404,
    "unknown_session": 404,
    "method_not_allowed": 405,
    "timed_out": 408,
    # It is not so any more, or not yet.
    "already_given": 409,
    "login_taken": 409,
    "not_rendered": 409,
    "session_ended": 409,
    "still_running": 409,
    "too_many_photos": 409,
    "expired": 410,
    "too_large": 413,
    "not_a_picture": 415,
    "unsupported_encoding": 415,
    "unsupported_type": 415,
    "photo_failed": 422,
    "picture_too_large": 422,
    "too_many_attempts": 429,
    # Our side cannot.
    "internal": 500,
    "busy": 503,
    "draining": 503,
    "full": 503,
    "recorder_unavailable": 503,
    "too_many_pairings": 503,
}


def with_codes(statuses: Mapping[str, int], codes: Mapping[str, int]) -> dict[str, int]:
    """Return the table with a part's own codes; ValueError for a second meaning or a status that is no refusal."""
    for code, status in codes.items():
        if statuses.get(code, status) != status:
            raise ValueError(f"the code {code} has the status {statuses[code]} already")
        if not 400 <= status < 600:
            raise ValueError(f"{status} is no status of a refusal ({code})")
    return {**statuses, **codes}


class Told(Struct, frozen=True, kw_only=True):
    """Why not: a stable code, and a text that is safe to show."""

    code: str
    text: str


class Problem(Struct, frozen=True, kw_only=True):
    """The one form all errors have."""

    error: Told
