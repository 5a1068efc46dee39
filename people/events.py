"""Domain events of people."""

from base.bus import DomainEvent


class SignInRevoked(DomainEvent, tag="sign_in_revoked", frozen=True, kw_only=True):
    """A sign-in is over: its tokens are refused from now on, its sockets should be closed."""

    sign_in_id: str
    person_id: str
    reason: str


class PenRevoked(DomainEvent, tag="pen_revoked", frozen=True, kw_only=True):
    """A pen's pairing is over; a socket opened with this credential should be closed.

    The pen itself may be back with a new credential by the time this is heard.
    """

    pen_id: str
    credential_id: str
    teacher_id: str
