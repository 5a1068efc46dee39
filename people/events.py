"""Domain events of people."""

from base.bus import DomainEvent


class SignInRevoked(DomainEvent, tag="sign_in_revoked", frozen=True, kw_only=True):
    """A sign-in is over: its tokens are refused from now on, its sockets should be closed."""

    sign_in_id: str
    person_id: str
    reason: str


class PenRevoked(DomainEvent, tag="pen_revoked", frozen=True, kw_only=True):
    """A pen was taken off a teacher's account; its socket should be closed."""

    pen_id: str
    teacher_id: str
