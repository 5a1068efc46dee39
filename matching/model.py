"""The switchboard: presence of teachers, one proposal a call, and every way it can end. Pure.

A call moves by `TRANSITIONS`; docs/states.md is drawn from it.

A proposal is a lease: from `ringing` on, the teacher belongs to this call and to no other. Every
tab that heard of a call hears of its end exactly once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wire.lobby import CallOutcome, Presence, Subject

Stage = Literal["calling", "ringing", "connecting"]
Event = Literal[
    "teacher_free", "teacher_busy", "teacher_away",
    "accept", "decline", "cancel",
    "deadline", "caller_lost", "teacher_lost",
    "room_made", "room_failed",
]  # fmt: skip

TRANSITIONS: Mapping[tuple[Stage, Event], Stage | CallOutcome] = {
    ("calling", "teacher_free"): "ringing",
    ("calling", "teacher_busy"): "busy",
    ("calling", "teacher_away"): "unavailable",
    ("ringing", "accept"): "connecting",
    ("ringing", "decline"): "declined",
    ("ringing", "cancel"): "cancelled",
    ("ringing", "deadline"): "no_answer",
    ("ringing", "caller_lost"): "caller_gone",
    ("ringing", "teacher_lost"): "teacher_gone",
    ("connecting", "cancel"): "cancelled",
    ("connecting", "room_made"): "accepted",
    ("connecting", "room_failed"): "failed",
}
"""Every way of a call. An event that is not here is a fault of ours: KeyError."""

_ASKED: Mapping[Presence, Event] = {
    "online": "teacher_free",
    "busy": "teacher_busy",
    "away": "teacher_away",
    "offline": "teacher_away",
}


class CallError(Exception):
    """What a tab asked for cannot be; `code` is one of `wire.codes`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Rules:
    """Times in seconds."""

    ring_s: float = 20.0
    lost_s: float = 5.0
    """How long a side may be without any tab before its ringing call is given up."""
    keep_available_s: float = 60.0
    """A teacher who comes back sooner is as available as they were."""


@dataclass(slots=True)
class Call:
    """One call, from the student's request until a session or its end."""

    call: str
    student: str
    teacher: str
    subject: Subject
    note: str
    deadline: float
    caller_tab: str
    stage: Stage = "calling"
    teacher_tab: str | None = None
    """The tab that accepted."""
    told: set[str] = field(default_factory=set)
    """The teacher's tabs on which it rings."""


@dataclass(slots=True)
class _Person:
    tabs: set[str] = field(default_factory=set)
    lost_at: float | None = None
    available: bool = False
    call: str | None = None
    session: str | None = None


# --- what the shell is to do -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ring:
    """Show the call on these tabs of the teacher."""

    call: Call
    tabs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowRinging:
    """Tell the student's tab that it rings."""

    call: Call
    tab: str


@dataclass(frozen=True, slots=True)
class TellEnded:
    """Tell one tab that the call ended, and how."""

    tab: str
    call: str
    outcome: CallOutcome


@dataclass(frozen=True, slots=True)
class CallOver:
    """Count the call, by how it ended. Once a call."""

    call: str
    outcome: CallOutcome


@dataclass(frozen=True, slots=True)
class MakeRoom:
    """The call was accepted: make a room, then say `session_started` or `session_failed`."""

    call: Call


@dataclass(frozen=True, slots=True)
class EnterRoom:
    """Send these tabs into the room that was made."""

    call: Call
    session: str
    tabs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiscardRoom:
    """The room that was made is not wanted any more."""

    session: str


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """A teacher's presence is now this; tell everyone."""

    teacher: str
    presence: Presence


Effect = (
    Ring | ShowRinging | TellEnded | CallOver | MakeRoom | EnterRoom | DiscardRoom | PresenceChanged
)


class Switchboard:
    """All presence and calls of one lobby. Methods return effects, in order."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._students: dict[str, _Person] = {}
        self._teachers: dict[str, _Person] = {}
        self._calls: dict[str, Call] = {}
        self._sessions: dict[str, tuple[str, str]] = {}

    # --- reading ---------------------------------------------------------------------------

    def presence(self, teacher: str) -> Presence:
        """Return what students see of a teacher."""
        person = self._teachers.get(teacher)
        if person is None or (not person.tabs and not person.session):
            return "offline"
        if person.call or person.session:
            return "busy"
        return "online" if person.available else "away"

    def present_teachers(self) -> dict[str, Presence]:
        """Return every teacher who is not offline."""
        seen = {teacher: self.presence(teacher) for teacher in self._teachers}
        return {teacher: presence for teacher, presence in seen.items() if presence != "offline"}

    def session_of(self, person: str) -> str | None:
        """Return the running session of a student or teacher, if any."""
        known = self._students.get(person) or self._teachers.get(person)
        return known.session if known else None

    def ringing(self) -> int:
        """Return how many calls are under way and not yet sessions."""
        return len(self._calls)

    # --- tabs come and go ------------------------------------------------------------------

    def teacher_connected(self, tab: str, teacher: str, now: float) -> list[Effect]:
        """A tab of a teacher is here; a call that rings is shown on it too."""
        before = self.presence(teacher)
        person = self._teachers.setdefault(teacher, _Person())
        kept = person.lost_at is None or now - person.lost_at <= self.rules.keep_available_s
        person.available = person.available and kept
        person.tabs.add(tab)
        person.lost_at = None
        effects = self._presence_since(before, teacher)
        call = self._calls.get(person.call or "")
        if call is not None and call.stage == "ringing":
            call.told.add(tab)
            effects.append(Ring(call, (tab,)))
        elif call is not None and call.teacher_tab not in person.tabs:
            # The tab that accepted was lost while the room is made: they go in on this one.
            call.teacher_tab = tab
            call.told.add(tab)
        return effects

    def student_connected(self, tab: str, student: str, now: float) -> list[Effect]:
        """A tab of a student is here. If their calling tab was lost, the call is now this one's."""
        person = self._students.setdefault(student, _Person())
        orphaned = not person.tabs
        person.tabs.add(tab)
        person.lost_at = None
        call = self._calls.get(person.call or "")
        if call is None or not orphaned:
            return []
        call.caller_tab = tab
        return [ShowRinging(call, tab)]

    def disconnected(self, tab: str, person_id: str, now: float) -> list[Effect]:
        """A tab is gone. A call it was part of waits `lost_s` for another tab."""
        for people, is_teacher in ((self._teachers, True), (self._students, False)):
            person = people.get(person_id)
            if person is None or tab not in person.tabs:
                continue
            before = self.presence(person_id)
            person.tabs.discard(tab)
            call = self._calls.get(person.call or "")
            if call is not None:
                call.told.discard(tab)
                if not is_teacher and call.caller_tab == tab and person.tabs:
                    return self._end(call, "cancel")
            if not person.tabs:
                person.lost_at = now
                self._forget_if_idle(people, person_id)
            return self._presence_since(before, person_id) if is_teacher else []
        return []

    # --- what people ask for ---------------------------------------------------------------

    def set_available(self, teacher: str, available: bool) -> list[Effect]:
        """A teacher opens or closes their door; a call that rings goes on ringing."""
        before = self.presence(teacher)
        self._teachers.setdefault(teacher, _Person()).available = available
        return self._presence_since(before, teacher)

    def call(
        self,
        tab: str,
        student: str,
        teacher: str,
        subject: Subject,
        note: str,
        call_id: str,
        now: float,
    ) -> list[Effect]:
        """A student calls a teacher; raise `CallError` when they may not call at all."""
        caller = self._students.setdefault(student, _Person(tabs={tab}))
        if caller.call is not None:
            raise CallError("already_calling", "you are calling a teacher already")
        if caller.session is not None:
            raise CallError("in_session", "you are in a session already")
        presence = self.presence(teacher)
        stage = TRANSITIONS["calling", _ASKED[presence]]
        if stage != "ringing":
            outcome = _outcome(stage)
            return [TellEnded(tab, call_id, outcome), CallOver(call_id, outcome)]
        before = presence
        called = self._teachers[teacher]
        call = Call(
            call=call_id,
            student=student,
            teacher=teacher,
            subject=subject,
            note=note,
            deadline=now + self.rules.ring_s,
            caller_tab=tab,
            stage=stage,
            told=set(called.tabs),
        )
        self._calls[call_id] = call
        caller.call = called.call = call_id
        return [
            ShowRinging(call, tab),
            Ring(call, tuple(sorted(call.told))),
            *self._presence_since(before, teacher),
        ]

    def cancel(self, student: str, call_id: str) -> list[Effect]:
        """The student gives up; until the room is made they can."""
        call = self._calls.get(call_id)
        if call is None or call.student != student:
            raise CallError("unknown_call", "this call is over")
        return self._end(call, "cancel")

    def decline(self, teacher: str, call_id: str) -> list[Effect]:
        """The teacher does not take the call."""
        return self._end(self._ringing_for(teacher, call_id), "decline")

    def accept(self, tab: str, teacher: str, call_id: str) -> list[Effect]:
        """The teacher takes the call on one tab; their other tabs stop ringing."""
        call = self._ringing_for(teacher, call_id)
        stage = TRANSITIONS[call.stage, "accept"]
        assert stage == "connecting"
        call.stage = stage
        call.teacher_tab = tab
        others = sorted(call.told - {tab})
        call.told = {tab}
        told: list[Effect] = [TellEnded(other, call_id, "answered_elsewhere") for other in others]
        return [*told, MakeRoom(call)]

    # --- what became of the room -----------------------------------------------------------

    def session_started(self, call_id: str, session: str) -> list[Effect]:
        """The room is made: send both in, unless the call was given up meanwhile."""
        call = self._calls.get(call_id)
        if call is None:
            return [DiscardRoom(session)]
        outcome = _outcome(TRANSITIONS[call.stage, "room_made"])
        del self._calls[call_id]
        student, teacher = self._students[call.student], self._teachers[call.teacher]
        student.call = teacher.call = None
        student.session = teacher.session = session
        self._sessions[session] = (call.student, call.teacher)
        tabs = [call.caller_tab] if call.caller_tab in student.tabs else []
        if call.teacher_tab in teacher.tabs:
            tabs.append(call.teacher_tab)
        return [CallOver(call_id, outcome), EnterRoom(call, session, tuple(tabs))]

    def session_failed(self, call_id: str) -> list[Effect]:
        """The room could not be made."""
        call = self._calls.get(call_id)
        return [] if call is None else self._end(call, "room_failed")

    def session_ended(self, session: str) -> list[Effect]:
        """The session is over; both are free again."""
        pair = self._sessions.pop(session, None)
        if pair is None:
            return []
        student, teacher = pair
        before = self.presence(teacher)
        self._students[student].session = None
        self._teachers[teacher].session = None
        self._forget_if_idle(self._students, student)
        effects = self._presence_since(before, teacher)
        self._forget_if_idle(self._teachers, teacher)
        return effects

    # --- time ------------------------------------------------------------------------------

    def next_timeout(self) -> float | None:
        """Return when `on_timeout` must be called next."""
        return min(
            (self._due(c) for c in self._calls.values() if c.stage == "ringing"), default=None
        )

    def on_timeout(self, now: float) -> list[Effect]:
        """End the calls whose time has come."""
        effects: list[Effect] = []
        for call in list(self._calls.values()):
            if call.stage != "ringing":
                continue
            student, teacher = self._students[call.student], self._teachers[call.teacher]
            if student.lost_at is not None and now >= student.lost_at + self.rules.lost_s:
                effects += self._end(call, "caller_lost")
            elif teacher.lost_at is not None and now >= teacher.lost_at + self.rules.lost_s:
                effects += self._end(call, "teacher_lost")
            elif now >= call.deadline:
                effects += self._end(call, "deadline")
        return effects

    # --- helpers ---------------------------------------------------------------------------

    def _due(self, call: Call) -> float:
        """Return when a ringing call must be looked at next."""
        sides = (self._students[call.student], self._teachers[call.teacher])
        lost = [s.lost_at + self.rules.lost_s for s in sides if s.lost_at is not None]
        return min([call.deadline, *lost])

    def _ringing_for(self, teacher: str, call_id: str) -> Call:
        call = self._calls.get(call_id)
        if call is None or call.teacher != teacher or call.stage != "ringing":
            raise CallError("unknown_call", "this call is over")
        return call

    def _end(self, call: Call, event: Event) -> list[Effect]:
        outcome = _outcome(TRANSITIONS[call.stage, event])
        del self._calls[call.call]
        student, teacher = self._students[call.student], self._teachers[call.teacher]
        # While it rang they were busy, unless all their tabs were gone.
        before: Presence = self.presence(call.teacher)
        student.call = teacher.call = None
        effects: list[Effect] = []
        if call.caller_tab in student.tabs:
            effects.append(TellEnded(call.caller_tab, call.call, outcome))
        effects += [TellEnded(tab, call.call, outcome) for tab in sorted(call.told)]
        effects.append(CallOver(call.call, outcome))
        effects += self._presence_since(before, call.teacher)
        self._forget_if_idle(self._students, call.student)
        self._forget_if_idle(self._teachers, call.teacher)
        return effects

    def _presence_since(self, before: Presence, teacher: str) -> list[Effect]:
        after = self.presence(teacher)
        return [] if after == before else [PresenceChanged(teacher, after)]

    def _forget_if_idle(self, people: dict[str, _Person], person_id: str) -> None:
        """Drop a person of whom nothing needs remembering, so that the tables do not grow.

        An available teacher is remembered: they may come back within `keep_available_s`.
        """
        person = people[person_id]
        if not (person.tabs or person.call or person.session or person.available):
            del people[person_id]


def _outcome(end: Stage | CallOutcome) -> CallOutcome:
    """Return an end of the table as what it is."""
    if end == "calling" or end == "ringing" or end == "connecting":
        raise AssertionError(f"{end} is no end")
    return end
