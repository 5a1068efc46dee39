"""Domain events of people."""

from typing import ClassVar

from base.events import DomainEvent


class SignInRevoked(DomainEvent, tag="sign_in_revoked", frozen=True, kw_only=True):
    """A sign-in is over: its tokens are refused from now on, its sockets should be closed."""

    about: ClassVar[tuple[str, str]] = ("person", "person_id")
    kept_days: ClassVar[int | None] = 90

    sign_in_id: str
    person_id: str
    reason: str


class PenRevoked(DomainEvent, tag="pen_revoked", frozen=True, kw_only=True):
    """A pen's pairing is over; a socket opened with this credential should be closed.

    The pen itself may be back with a new credential by the time this is heard.
    """

    about: ClassVar[tuple[str, str]] = ("pen", "pen_id")
    kept_days: ClassVar[int | None] = 90

    pen_id: str
    credential_id: str
    teacher_id: str
