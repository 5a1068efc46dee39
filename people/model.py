"""A person, their role, and who a token or a pen speaks for. Pure."""

import unicodedata
from typing import Annotated

from msgspec import Meta, Struct

from wire.common import Id, Name, Role, ShortText
from wire.lobby import Grade, Subject

Login = Annotated[str, Meta(min_length=3, max_length=64, pattern=r"^[a-z0-9][a-z0-9._@-]*$")]
PASSWORD_MIN = 8
PASSWORD_MAX = 200


class Person(Struct, frozen=True, kw_only=True):
    """An account. `grade` is a student's; `subjects` and `grades` say what a teacher teaches."""

    id: Id
    login: Login
    name: Name
    role: Role
    grade: Grade | None = None
    school: ShortText = ""
    subjects: Annotated[list[Subject], Meta(max_length=9)] = []
    grades: Annotated[list[Grade], Meta(max_length=12)] = []
    biography: ShortText = ""


class Identity(Struct, frozen=True, kw_only=True):
    """Who an access token speaks for. `sign_in_id` names the device's sign-in it came from."""

    person_id: Id
    role: Role
    sign_in_id: Id


class SignedIn(Struct, frozen=True, kw_only=True):
    """What signing in gives: a short access token, and the refresh token that renews it."""

    access_token: str
    expires_in: int
    """Seconds."""
    refresh_token: str
    refresh_expires_in: int
    """Seconds."""
    remembered: bool
    """Whether the device keeps it when its browser is closed."""
    person: Person


class PenIdentity(Struct, frozen=True, kw_only=True):
    """Whose a connected pen is. `pen_id` is the pen's own id, as it was paired.

    `credential_id` tells one pairing of a pen from the next one, which is what gets revoked.
    """

    pen_id: Id
    teacher_id: Id
    model: str
    credential_id: Id


class Pairing(Struct, frozen=True, kw_only=True):
    """A pairing under way, in the words of RFC 8628 section 3.2. Times in seconds."""

    device_code: str
    user_code: str
    expires_in: int
    interval: int


class PairedPen(Struct, frozen=True, kw_only=True):
    """A pen that belongs to a teacher."""

    pen: Id
    model: str
    paired_ms: int


class PenCredential(Struct, frozen=True, kw_only=True):
    """What a pen bridge keeps after pairing."""

    token: str
    teacher_id: Id
    teacher_name: str


def normal_login(login: str) -> str:
    """Return the one form of a login that is compared: full-width and capital letters folded."""
    return printable(unicodedata.normalize("NFKC", login).strip().casefold())


def printable(text: str) -> str:
    """Return text that has a UTF-8 form: JSON can hold half a character (a lone surrogate)."""
    return text.encode("utf-8", "replace").decode()
