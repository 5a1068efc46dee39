"""Domain events of sessions."""

from base.bus import DomainEvent


class SessionStarted(DomainEvent, tag="session_started", frozen=True, kw_only=True):
    """A teacher accepted and a room was opened."""

    session_id: str
    student_id: str
    teacher_id: str
    subject: str
    started_ms: int


class SessionEnded(DomainEvent, tag="session_ended", frozen=True, kw_only=True):
    """A session is over. `valid` says whether it counts."""

    session_id: str
    student_id: str
    teacher_id: str
    subject: str
    started_ms: int
    ended_ms: int
    reason: str
    valid: bool


class SessionRated(DomainEvent, tag="session_rated", frozen=True, kw_only=True):
    """The student's form is in; the teacher's standing changed."""

    session_id: str
    student_id: str
    teacher_id: str
    total: int


class SessionReported(DomainEvent, tag="session_reported", frozen=True, kw_only=True):
    """The teacher's form is in."""

    session_id: str
    student_id: str
    teacher_id: str
