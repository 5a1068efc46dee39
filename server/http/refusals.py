"""The HTTP status of the codes that any request may be refused with, and the form errors have."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

STATUS: Final[dict[str, int]] = {
    "bad_request": 400,
    "token_invalid": 401,
    "token_expired": 401,
    "token_revoked": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "timed_out": 408,
    "too_large": 413,
    "unsupported_encoding": 415,
    "unsupported_type": 415,
    "internal": 500,
    "busy": 503,
}
"""What any request may be answered with; every part brings its own besides (`base.part.Part.codes`)."""


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
