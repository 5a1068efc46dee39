"""Identifiers: opaque, unguessable, safe in URLs, file names and logs."""

import secrets

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Lower case without the letters and digits that are read wrongly aloud (i l o 0 1)."""

_LENGTH = 20
"""31 ** 20 is about 2 ** 99: never the same one twice, and not to be guessed."""


def new_id(prefix: str) -> str:
    """Return `<prefix>_` and 20 random characters, for example `job_7hk2…`."""
    return f"{prefix}_{random_text(_LENGTH)}"


def random_text(length: int, alphabet: str = _ALPHABET) -> str:
    """Return `length` characters drawn evenly from `alphabet` by the system's secure source."""
    return "".join(secrets.choice(alphabet) for _ in range(length))
