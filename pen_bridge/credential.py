"""What the bridge keeps between runs: which server, which pen, whose, and the secret from pairing.

One file, `credential.json`, readable by its owner only, in the user's folder for settings.
"""

import os
import re
import secrets
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec

from pen_bridge.addresses import Server
from wire.common import Id, Name, Token

_FILE = "credential.json"
_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----[\w+/=\s]+-----END CERTIFICATE-----\r?\n?", re.ASCII
)
_MAX_BYTES = 64 * 1024
MAX_CA_BYTES = 32 * 1024
"""Of trusted certificates; half of what the file may hold."""


class BadCredential(Exception):
    """The credential cannot be read or written; the text says why, and holds no secret."""


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A pairing."""

    server: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    pen: Id
    token: Token
    teacher_name: Name
    ca: Annotated[str, msgspec.Meta(max_length=MAX_CA_BYTES)] = ""
    """What the server's certificate is checked by, beside what the machine trusts."""

    def __repr__(self) -> str:
        return f"Credential(pen={self.pen!r})"


def default_folder() -> Path:
    """Return the folder for this user's settings of the bridge."""
    if sys.platform == "win32":
        base = os.environ.get("APPDATA")
        return (Path(base) if base else Path.home()) / "Inkcall pen"
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "inkcall-pen"


def new_pen_id() -> str:
    """Return an id for a pen that has none of its own."""
    return f"virtual-{secrets.token_hex(6)}"


def save(folder: Path, credential: Credential) -> Path:
    """Keep the credential, in place of an older one; return its file. Raises `BadCredential`."""
    path = folder / _FILE
    new = folder / f"{_FILE}.{secrets.token_hex(4)}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Private from its first byte on, and never half written.
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(credential))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise BadCredential(f"{path} cannot be written: {error.strerror}") from error
    return path


def load(folder: Path) -> Credential | None:
    """Return the credential, or None when this user has not paired yet."""
    path = folder / _FILE
    try:
        return msgspec.json.decode(_read(path), type=Credential)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadCredential(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadCredential(f"{path} is damaged: pair the pen again") from error


def load_token(path: Path, server: Server, pen: str) -> Credential:
    """Return a credential made of a token that stands alone in a file."""
    try:
        text = _read(path).decode().strip()
        return msgspec.convert(
            {"server": server.origin, "pen": pen, "token": text, "teacher_name": "?"}, Credential
        )
    except OSError as error:
        raise BadCredential(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        raise BadCredential(f"{path} holds no token, or {pen!r} is no id of a pen") from error


def load_ca(path: Path) -> str:
    """Return the certificates a file holds as text. Raises `BadCredential`."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_CA_BYTES + 1)
        text = data.decode("ascii")
    except OSError as error:
        raise BadCredential(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        text = ""
    # A private key beside them is nothing to keep.
    found = "".join(_CERTIFICATE.findall(text))
    if len(text) > MAX_CA_BYTES or not found:
        raise BadCredential(f"{path} holds no certificate in PEM form")
    return found


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_BYTES)
