"""Domain events of sessions."""

from typing import ClassVar

from msgspec import field

from base.events import DomainEvent
from sessions.model import SessionFacts


class SessionEvent(DomainEvent, frozen=True, kw_only=True):
    """What every event of a session says."""

    about: ClassVar[tuple[str, str]] = ("session", "session_id")

    session_id: str
    student_id: str
    teacher_id: str


class SessionStarted(SessionEvent, tag="session_started", frozen=True, kw_only=True):
    """A teacher accepted and a room was opened."""

    subject: str
    started_ms: int
    call_id: str = ""


class SessionEnded(SessionEvent, tag="session_ended", frozen=True, kw_only=True):
    """A session is over. `valid` says whether it counts."""

    subject: str
    started_ms: int
    ended_ms: int
    reason: str
    valid: bool
    facts: SessionFacts | None = None
    """What happened in it; None when the server lost it."""


class SessionRated(SessionEvent, tag="session_rated", frozen=True, kw_only=True):
    """The student's form is in; the teacher's standing changed."""

    total: int
    """0 to 12: the sum of the four."""
    understood: int | None = None
    clear: int | None = None
    patient: int | None = None
    useful: int | None = None
    labels: list[str] = field(default_factory=list)
    """Style labels; the comment stays with the form."""


class SessionReported(SessionEvent, tag="session_reported", frozen=True, kw_only=True):
    """The teacher's form is in."""

    knowledge_points: list[str] = field(default_factory=list)
    difficulty: int | None = None
    participation: int | None = None
