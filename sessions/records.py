"""From rows to records: what of a session leaves this package, and how one is looked for."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement

from sessions.model import DueFormRow, SessionFacts, SessionFilter, SessionRecord
from sessions.tables import SessionRow
from wire.common import Role


def took_place(together_s: float) -> ColumnElement[bool]:
    """Both were there, and for so long; of a session the server lost nobody knows, so they are asked."""
    there = SessionRow.together_s
    return there.is_(None) | ((there > 0) & (there >= together_s))


def conditions(wanted: SessionFilter) -> list[ColumnElement[bool]]:
    """Return what a row has to fulfil to be found."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.student_ids is not None:
        conditions.append(SessionRow.student_id.in_(wanted.student_ids))
    if wanted.teacher_ids is not None:
        conditions.append(SessionRow.teacher_id.in_(wanted.teacher_ids))
    if wanted.subject is not None:
        conditions.append(SessionRow.subject == wanted.subject)
    if wanted.from_ms is not None:
        conditions.append(SessionRow.started_ms >= wanted.from_ms)
    if wanted.until_ms is not None:
        conditions.append(SessionRow.started_ms < wanted.until_ms)
    if wanted.reason is not None:
        conditions.append(SessionRow.reason == wanted.reason)
    return conditions


def due(row: SessionRow, role: Role) -> DueFormRow:
    """Return what the one who has a form to fill in is told of its session."""
    return msgspec.convert(
        {
            "session": row.id,
            "other": row.teacher_id if role == "student" else row.student_id,
            "subject": row.subject,
            "started_ms": row.started_ms,
            "ended_ms": row.ended_ms,
            "reason": row.reason,
        },
        DueFormRow,
    )


def record(row: SessionRow) -> SessionRecord:
    """Return a session with its forms, as others see it."""
    fields: dict[str, Any] = {
        "session": row.id,
        "call": row.call_id,
        "student": row.student_id,
        "teacher": row.teacher_id,
        "subject": row.subject,
        "note": row.note,
        "started_ms": row.started_ms,
        "ended_ms": row.ended_ms,
        "reason": row.reason,
        "valid": row.valid,
        "facts": None,
    }
    if row.together_s is not None:
        names = SessionFacts.__struct_fields__
        fields["facts"] = {name: getattr(row, name) for name in names}
    if row.rating is not None:
        fields["rating"] = {
            "understood": row.rating.understood,
            "clear": row.rating.clear,
            "patient": row.rating.patient,
            "useful": row.rating.useful,
            "labels": sorted(label.label for label in row.rating.labels),
            "comment": row.rating.comment,
        }
    if row.report is not None:
        fields["report"] = {
            "knowledge_points": row.report.knowledge_points,
            "difficulty": row.report.difficulty,
            "participation": row.report.participation,
            "comment": row.report.comment,
        }
    return msgspec.convert(fields, SessionRecord)
