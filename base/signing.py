"""Signed claims: short-lived tokens, and the key they are signed with."""

import os
import secrets
from pathlib import Path
from typing import Any

import jwt

from base.errors import Refusal

_ALGORITHM = "HS256"
_KEY_BYTES = 32
"""RFC 7518 section 3.2: a key of the size of the hash output or larger."""


class Signer:
    """Signs claims for one audience and a time; JSON Web Tokens (RFC 7519) with HMAC-SHA-256."""

    def __init__(self, key: bytes) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError(f"a signing key needs at least {_KEY_BYTES} bytes")
        self._key = key

    def sign(self, claims: dict[str, Any], audience: str, ttl_s: float, now_ms: int) -> str:
        """Return a token that carries `claims` to `audience` and ends `ttl_s` after `now_ms`.

        `aud`, `iat` and `exp` are set here and may not be among the claims.
        """
        issued = now_ms // 1000
        stamp = {"aud": audience, "iat": issued, "exp": issued + int(ttl_s)}
        if stamp.keys() & claims.keys():
            raise ValueError("aud, iat and exp are set by the signer")
        return jwt.encode({**claims, **stamp}, self._key, algorithm=_ALGORITHM)

    def verify(self, token: str, audience: str, now_ms: int) -> dict[str, Any]:
        """Return the claims of a token; refuse with `token_expired` or `token_invalid`."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=audience,
                # The library would compare with the system's clock; time comes from our caller.
                options={
                    "require": ["aud", "iat", "exp"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        # UnicodeEncodeError: a token with lone surrogates never reaches the library's own checks.
        except (jwt.InvalidTokenError, UnicodeError, ValueError):
            raise Refusal("token_invalid", "this token is not ours") from None
        expires = claims["exp"]
        if not isinstance(expires, int) or isinstance(expires, bool):
            raise Refusal("token_invalid", "this token is not ours")
        if now_ms >= expires * 1000:
            raise Refusal("token_expired", "this token has expired")
        return claims


class KeyFileError(Exception):
    """The key file cannot be used; the text says what to do."""


def load_or_create_key(path: Path) -> bytes:
    """Return the key kept in `path`, which is made (mode 0600) when it is not there yet."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _load_key(path)
    with os.fdopen(handle, "wb") as file:
        key = secrets.token_bytes(_KEY_BYTES)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


def _load_key(path: Path) -> bytes:
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise KeyFileError(f"{path} may be read by others (mode {mode:o}): chmod 600 it")
    key = path.read_bytes()
    if len(key) < _KEY_BYTES:
        raise KeyFileError(f"{path} holds {len(key)} bytes and needs {_KEY_BYTES}: delete it")
    return key
