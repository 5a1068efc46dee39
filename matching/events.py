"""Domain events of calls: ids only, never a name and never the note's text."""

from typing import ClassVar, Literal

from base.events import DomainEvent

EndedBy = Literal["student", "teacher", "time", "server"]


class CallEvent(DomainEvent, frozen=True, kw_only=True):
    """What every event of a call says; they are heard in the call's own order."""

    about: ClassVar[tuple[str, str]] = ("call", "call_id")

    call_id: str
    student_id: str
    teacher_id: str


class CallAsked(CallEvent, tag="call_asked", frozen=True, kw_only=True):
    """A student called a teacher, whether or not the teacher was free."""

    subject: str


class CallProposed(CallEvent, tag="call_proposed", frozen=True, kw_only=True):
    """It rings on the teacher's tabs until `deadline_ms` (Unix)."""

    deadline_ms: int


class CallAnswered(CallEvent, tag="call_answered", frozen=True, kw_only=True):
    """The teacher took the call; a room is being made."""


class CallEnded(CallEvent, tag="call_ended", frozen=True, kw_only=True):
    """The call is over, once a call: with `accepted` it became a session."""

    reason: str
    """One of `wire.lobby.CallOutcome`."""
    ended_by: EndedBy


def ended_by(reason: str) -> EndedBy:
    """Return who or what ended a call, by how it ended."""
    if reason in ("cancelled", "caller_gone"):
        return "student"
    if reason in ("accepted", "declined", "teacher_gone"):
        return "teacher"
    return "time" if reason == "no_answer" else "server"
