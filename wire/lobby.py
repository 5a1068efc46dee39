"""Messages of the lobby socket: which teachers are there, calling one, being called."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from wire.common import Id, Message, Milliseconds, Name, ShortText, Token

Presence = Literal["online", "busy", "away", "offline"]
Subject = Literal[
    "chinese",
    "maths",
    "english",
    "ethics",
    "physics",
    "chemistry",
    "biology",
    "history",
    "geography",
]
"""The nine subjects of the programme: 语文 数学 英语 道德与法治 物理 化学 生物 历史 地理."""
Grade = Annotated[int, Meta(ge=1, le=12)]
"""School year; 7 to 9 is lower secondary (初一 to 初三)."""
CallOutcome = Literal[
    "accepted",
    "declined",
    "cancelled",
    "no_answer",
    "busy",
    "unavailable",
    "caller_gone",
    "teacher_gone",
    "answered_elsewhere",
    "failed",
]


class LabelCount(Struct, frozen=True, kw_only=True):
    """How often students gave a style label; `label` is a key the front end translates."""

    label: Id
    count: Annotated[int, Meta(ge=1)]


class TeacherCard(Struct, frozen=True, kw_only=True):
    """A teacher as a student sees them when choosing. `rating` is the mean of 12, null when unrated."""

    teacher: Id
    name: Name
    presence: Presence
    subjects: list[Subject]
    grades: list[Grade]
    school: ShortText = ""
    biography: ShortText = ""
    rating: Annotated[float, Meta(ge=0, le=12)] | None = None
    rated: Annotated[int, Meta(ge=0)] = 0
    labels: list[LabelCount] = []


class PastSession(Struct, frozen=True, kw_only=True):
    """One earlier session of a student, shown to the teacher before they accept."""

    session: Id
    started_ms: Milliseconds
    seconds: Annotated[int, Meta(ge=0)]
    teacher: Name
    subject: Subject
    rating: Annotated[int, Meta(ge=0, le=12)] | None = None
    knowledge_points: list[ShortText] = []
    difficulty: Annotated[int, Meta(ge=1, le=5)] | None = None
    participation: Annotated[int, Meta(ge=1, le=5)] | None = None


class DueForm(Struct, frozen=True, kw_only=True):
    """A form that a person still owes for a session that ended."""

    session: Id
    other: Name
    subject: Subject
    started_ms: Milliseconds
    ended_ms: Milliseconds
    reason: Id


# --- from the client -------------------------------------------------------------------------


class SetAvailability(Message, tag="set_availability", frozen=True, kw_only=True):
    """A teacher opens or closes their door. Away is the state of a teacher who just connected."""

    available: bool


class CallTeacher(Message, tag="call_teacher", frozen=True, kw_only=True):
    """A student calls a named teacher about a subject. Answered by `ringing` or `call_ended`."""

    teacher: Id
    subject: Subject
    note: ShortText = ""


class CancelCall(Message, tag="cancel_call", frozen=True, kw_only=True):
    """The student gives up while it rings."""

    call: Id


class AcceptCall(Message, tag="accept_call", frozen=True, kw_only=True):
    """The teacher takes the call on this tab."""

    call: Id


class DeclineCall(Message, tag="decline_call", frozen=True, kw_only=True):
    """The teacher does not take the call."""

    call: Id


# --- from the server -------------------------------------------------------------------------


class Teachers(Message, tag="teachers", frozen=True, kw_only=True):
    """All teachers who are not offline; replaces what the client knew."""

    teachers: Annotated[list[TeacherCard], Meta(max_length=500)]


class TeacherChanged(Message, tag="teacher_changed", frozen=True, kw_only=True):
    """One teacher's card as it is now; `offline` takes them off the list."""

    teacher: TeacherCard


class Availability(Message, tag="availability", frozen=True, kw_only=True):
    """To all tabs of a teacher: their own presence as the server sees it."""

    presence: Presence


class Ringing(Message, tag="ringing", frozen=True, kw_only=True):
    """To the student: the teacher is being asked until `deadline_ms` (Unix ms)."""

    call: Id
    teacher: Id
    deadline_ms: Milliseconds


class IncomingCall(Message, tag="incoming_call", frozen=True, kw_only=True):
    """To every tab of the teacher: who calls, about what, and what came before."""

    call: Id
    student: Id
    name: Name
    grade: Grade
    school: ShortText
    subject: Subject
    note: ShortText
    deadline_ms: Milliseconds
    history: Annotated[list[PastSession], Meta(max_length=20)]
    sessions: Annotated[int, Meta(ge=0)]
    """How many sessions this student has had in all."""


class CallEnded(Message, tag="call_ended", frozen=True, kw_only=True):
    """A call is over without a session for this tab; said once to each tab that knew of it."""

    call: Id
    outcome: CallOutcome


class SessionReady(Message, tag="session_ready", frozen=True, kw_only=True):
    """Go into the room: its socket's address (a path or a full URL) and the grant to join with.

    Sent to the tab that called and the tab that accepted, and, on connecting, to any tab of a
    person whose session is still running.
    """

    call: Id
    session: Id
    url: ShortText
    grant: Token
    other: Name
    subject: Subject


class FormsDue(Message, tag="forms_due", frozen=True, kw_only=True):
    """The forms this person still owes, newest first; empty when none."""

    forms: Annotated[list[DueForm], Meta(max_length=20)]
