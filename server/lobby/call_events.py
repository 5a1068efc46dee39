"""Writes calls into the event log, from what the switchboard decides. Nothing waits for it."""

from collections.abc import Iterable
from typing import Protocol

from base.events import DomainEvent
from matching.events import CallAnswered, CallAsked, CallEnded, CallProposed, ended_by
from matching.model import CallOver, Effect, MakeRoom


class WriteSoon(Protocol):
    """Writes an event after those given before (`base.event_writer`)."""

    def __call__(self, event: DomainEvent, *, actor: str = "") -> None: ...


class CallEvents:
    """Knows the two sides of every call under way."""

    def __init__(self, write: WriteSoon) -> None:
        self._write = write
        self._sides: dict[str, tuple[str, str]] = {}

    def asked(
        self, call: str, student: str, teacher: str, subject: str, deadline_ms: int | None
    ) -> None:
        """A call was made; it rings until `deadline_ms` (Unix), or not at all."""
        self._sides[call] = (student, teacher)
        asked = CallAsked(call_id=call, student_id=student, teacher_id=teacher, subject=subject)
        self._write(asked, actor=student)
        if deadline_ms is not None:
            self._write(
                CallProposed(
                    call_id=call, student_id=student, teacher_id=teacher, deadline_ms=deadline_ms
                )
            )

    def carried(self, effects: Iterable[Effect]) -> None:
        """The switchboard decided this: write what of it is the way of a call."""
        for effect in effects:
            match effect:
                case MakeRoom(call):
                    answered = CallAnswered(
                        call_id=call.call, student_id=call.student, teacher_id=call.teacher
                    )
                    self._write(answered, actor=call.teacher)
                case CallOver(call_id, outcome) if call_id in self._sides:
                    student, teacher = self._sides.pop(call_id)
                    by = ended_by(outcome)
                    over = CallEnded(
                        call_id=call_id,
                        student_id=student,
                        teacher_id=teacher,
                        reason=outcome,
                        ended_by=by,
                    )
                    self._write(over, actor={"student": student, "teacher": teacher}.get(by, ""))
                case _:
                    pass
