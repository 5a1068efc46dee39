"""Sessions and their forms: begun, ended, rated, reported, looked up, and mended after a crash."""

import asyncio
from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from base.bus import Bus
from base.clock import Clock
from base.db import Database
from base.errors import Refusal
from base.log import get_logger
from sessions import records
from sessions.config import SessionsConfig
from sessions.events import SessionEnded, SessionRated, SessionReported, SessionStarted
from sessions.model import (
    DueFormRow,
    PhotoRecord,
    Rating,
    Report,
    SessionFacts,
    SessionFilter,
    SessionRecord,
    Standing,
    ValidRules,
    is_valid,
)
from sessions.standing import standing
from sessions.tables import PhotoRow, RatingLabelRow, RatingRow, ReportRow, SessionRow
from wire.common import Role
from wire.lobby import Subject
from wire.room import EndReason

log = get_logger(__name__)

_DAY_MS = 86_400_000
_DUE_FORMS = 20


class SessionService:
    """Keeps sessions. Refuses with `base.errors.Refusal`; people are ids it does not look up."""

    def __init__(self, database: Database, bus: Bus, config: SessionsConfig, clock: Clock) -> None:
        self._database = database
        self._bus = bus
        self._config = config
        self._clock = clock
        self._rules = ValidRules(together_s=config.valid_together_s, voice_s=config.valid_voice_s)

    # --- its life ----------------------------------------------------------------------------

    async def create(
        self,
        session_id: str,
        call_id: str,
        student_id: str,
        teacher_id: str,
        subject: Subject,
        note: str,
        started_ms: int,
    ) -> None:
        """Keep a session that begins now; a second time for the same id changes nothing."""
        started = SessionStarted(
            session_id=session_id,
            student_id=student_id,
            teacher_id=teacher_id,
            subject=subject,
            started_ms=started_ms,
            call_id=call_id,
        )
        row = SessionRow(
            id=session_id,
            call_id=call_id,
            student_id=student_id,
            teacher_id=teacher_id,
            subject=subject,
            note=note,
            started_ms=started_ms,
        )
        try:
            async with self._database.transaction(urgent=True) as transaction:
                if await transaction.get(SessionRow, session_id) is None:
                    transaction.add(row)
                    self._bus.add(transaction, started, actor=teacher_id)
        except IntegrityError:
            # The same session, begun at the same moment; another one of the same call is an error.
            async with self._database.reading() as transaction:
                if await transaction.get(SessionRow, session_id) is None:
                    raise

    async def end(
        self, session_id: str, ended_ms: int, reason: EndReason, facts: SessionFacts | None
    ) -> bool:
        """End a session; return whether it ran until now. A second end changes nothing.

        Without facts, because the room was lost, it does not count as valid.
        """
        async with self._database.transaction() as transaction:
            row = await self._row(transaction, session_id, to_change=True)
            return self._end(transaction, row, ended_ms, reason, facts)

    async def recover(
        self,
        now_ms: int,
        last_flush_ms: Callable[[str], int | None],
        facts: Callable[[str], SessionFacts | None] = lambda _session_id: None,
    ) -> list[SessionRecord]:
        """End what a crash left running, with `server_lost`, and return it.

        `last_flush_ms` says when a session's recording last reached the disk (Unix ms, None if
        there is none), `facts` what can be told of it; both are called in a thread. To be called
        at the start, before any room is open.
        """
        async with self._database.reading() as transaction:
            lost = list(
                await transaction.scalars(
                    select(SessionRow.id).where(SessionRow.ended_ms.is_(None))
                )
            )
        ended = []
        for session_id in lost:
            flushed_ms = await asyncio.to_thread(last_flush_ms, session_id)
            known = await asyncio.to_thread(facts, session_id)
            async with self._database.transaction() as transaction:
                row = await self._row(transaction, session_id, to_change=True)
                ended_ms = row.started_ms if flushed_ms is None else min(flushed_ms, now_ms)
                self._end(transaction, row, ended_ms, "server_lost", known)
            log.warning("session_lost", session=session_id)
            ended.append(await self.get(session_id))
        return ended

    # --- forms -------------------------------------------------------------------------------

    async def rate(self, session_id: str, student_id: str, rating: Rating) -> None:
        """Take the student's form; refuses with `unknown_session`, `still_running`, `already_given`."""
        async with self._database.transaction() as transaction:
            row = await self._row(transaction, session_id, to_change=True)
            if row.student_id != student_id:
                raise _unknown()
            _refuse_form(row, given=row.rating is not None)
            transaction.add(
                RatingRow(
                    session_id=session_id,
                    understood=rating.understood,
                    clear=rating.clear,
                    patient=rating.patient,
                    useful=rating.useful,
                    total=rating.total,
                    comment=rating.comment,
                    given_ms=self._clock.unix_ms(),
                )
            )
            await transaction.flush()
            transaction.add_all(
                RatingLabelRow(session_id=session_id, label=label)
                for label in sorted(set(rating.labels))
            )
            self._bus.add(
                transaction,
                SessionRated(
                    session_id=session_id,
                    student_id=student_id,
                    teacher_id=row.teacher_id,
                    total=rating.total,
                    understood=rating.understood,
                    clear=rating.clear,
                    patient=rating.patient,
                    useful=rating.useful,
                    labels=sorted(set(rating.labels)),
                ),
                actor=student_id,
            )

    async def report(self, session_id: str, teacher_id: str, report: Report) -> None:
        """Take the teacher's form; refuses with `unknown_session`, `still_running`, `already_given`."""
        async with self._database.transaction() as transaction:
            row = await self._row(transaction, session_id, to_change=True)
            if row.teacher_id != teacher_id:
                raise _unknown()
            _refuse_form(row, given=row.report is not None)
            transaction.add(
                ReportRow(
                    session_id=session_id,
                    knowledge_points=report.knowledge_points,
                    difficulty=report.difficulty,
                    participation=report.participation,
                    comment=report.comment,
                    given_ms=self._clock.unix_ms(),
                )
            )
            self._bus.add(
                transaction,
                SessionReported(
                    session_id=session_id,
                    student_id=row.student_id,
                    teacher_id=teacher_id,
                    knowledge_points=list(report.knowledge_points),
                    difficulty=report.difficulty,
                    participation=report.participation,
                ),
                actor=teacher_id,
            )

    async def forms_due(self, person_id: str, role: Role) -> list[DueFormRow]:
        """Return the forms a student or teacher still owes, the newest first, at most 20.

        None of a session too short to ask for one; whoever wants may still give it.
        """
        if role not in ("student", "teacher"):
            return []
        mine = SessionRow.student_id if role == "student" else SessionRow.teacher_id
        form = SessionRow.rating if role == "student" else SessionRow.report
        since = self._clock.unix_ms() - self._config.form_days * _DAY_MS
        query = (
            select(SessionRow)
            .where(
                mine == person_id,
                SessionRow.ended_ms > since,
                ~form.has(),
                records.took_place(self._config.form_together_s),
            )
            .order_by(SessionRow.started_ms.desc())
            .limit(_DUE_FORMS)
        )
        async with self._database.reading() as transaction:
            return [records.due(row, role) for row in await transaction.scalars(query)]

    def is_form_due(self, record: SessionRecord, role: Role | None) -> bool:
        """Tell whether this side still owes its form for a session; the rule of `forms_due`."""
        since = self._clock.unix_ms() - self._config.form_days * _DAY_MS
        if role not in ("student", "teacher") or record.ended_ms is None:
            return False
        given = record.rating if role == "student" else record.report
        together_s = None if record.facts is None else record.facts.together_s
        enough_s = self._config.form_together_s
        took_place = together_s is None or (together_s > 0 and together_s >= enough_s)
        return given is None and took_place and record.ended_ms > since

    # --- looking up --------------------------------------------------------------------------

    async def get(self, session_id: str) -> SessionRecord:
        """Return a session; refuses with `unknown_session`."""
        async with self._database.reading() as transaction:
            return records.record(await self._row(transaction, session_id))

    async def history(self, student_id: str, limit: int = 20) -> list[SessionRecord]:
        """Return a student's sessions that ended, the newest first."""
        query = (
            select(SessionRow)
            .where(SessionRow.student_id == student_id, SessionRow.ended_ms.is_not(None))
            .order_by(SessionRow.started_ms.desc())
            .limit(limit)
        )
        async with self._database.reading() as transaction:
            return [records.record(row) for row in await transaction.scalars(query)]

    async def count(self, student_id: str) -> int:
        """Return how many sessions of a student have ended."""
        query = select(func.count()).where(
            SessionRow.student_id == student_id, SessionRow.ended_ms.is_not(None)
        )
        async with self._database.reading() as transaction:
            return await transaction.scalar(query) or 0

    async def person_sessions(self, person_id: str, limit: int = 20) -> list[SessionRecord]:
        """Return the sessions of a student or teacher that ended, the newest first."""
        mine = (SessionRow.student_id == person_id) | (SessionRow.teacher_id == person_id)
        query = (
            select(SessionRow)
            .where(mine, SessionRow.ended_ms.is_not(None))
            .order_by(SessionRow.started_ms.desc())
            .limit(limit)
        )
        async with self._database.reading() as transaction:
            return [records.record(row) for row in await transaction.scalars(query)]

    async def standing(self, teacher_ids: Iterable[str]) -> dict[str, Standing]:
        """Return every asked teacher's standing by id; an unrated teacher's is empty."""
        return await standing(self._database, teacher_ids)

    async def search(self, wanted: SessionFilter) -> tuple[list[SessionRecord], int]:
        """Return a page of the sessions an auditor looks for, the newest first, and how many in all."""
        conditions = records.conditions(wanted)
        query = (
            select(SessionRow)
            .where(*conditions)
            .order_by(SessionRow.started_ms.desc(), SessionRow.id)
            .offset(wanted.offset)
            .limit(wanted.limit)
        )
        async with self._database.reading() as transaction:
            total = await transaction.scalar(
                select(func.count()).select_from(SessionRow).where(*conditions)
            )
            return [records.record(row) for row in await transaction.scalars(query)], total or 0

    # --- photos ------------------------------------------------------------------------------

    async def add_photo(self, photo: PhotoRecord, at_most: int) -> None:
        """Keep what is known of a photo; refuses with `session_ended` and `too_many_photos`."""
        async with self._database.transaction() as transaction:
            row = await self._row(transaction, photo.session, to_change=True)
            if row.ended_ms is not None:
                raise Refusal("session_ended", "the session is over")
            kept = await transaction.scalar(
                select(func.count()).where(PhotoRow.session_id == photo.session)
            )
            if (kept or 0) >= at_most:
                raise Refusal("too_many_photos", f"a session may have {at_most} photos")
            transaction.add(
                PhotoRow(
                    id=photo.photo,
                    session_id=photo.session,
                    member_id=photo.member,
                    extension=photo.extension,
                    width=photo.width,
                    height=photo.height,
                    bytes=photo.bytes,
                    owner=photo.owner,
                    sha256=photo.sha256,
                    created_ms=self._clock.unix_ms(),
                )
            )

    async def forget_photo(self, photo: PhotoRecord) -> bool:
        """Take a photo's row away, if there is one; tell whether no other row has the same file."""
        async with self._database.transaction() as transaction:
            await transaction.execute(delete(PhotoRow).where(PhotoRow.id == photo.photo))
            others = await transaction.scalar(
                select(func.count()).where(
                    PhotoRow.session_id == photo.session,
                    PhotoRow.owner == photo.owner,
                    PhotoRow.sha256 == photo.sha256,
                    PhotoRow.extension == photo.extension,
                )
            )
        return not others

    async def photo(self, session_id: str, photo_id: str) -> PhotoRecord:
        """Return what is known of a photo; refuses with `unknown_photo`."""
        async with self._database.reading() as transaction:
            row = await transaction.get(PhotoRow, photo_id)
        if row is None or row.session_id != session_id:
            raise Refusal("unknown_photo", "there is no such photo")
        return msgspec.convert(
            {
                "photo": row.id,
                "session": row.session_id,
                "member": row.member_id,
                "extension": row.extension,
                "width": row.width,
                "height": row.height,
                "bytes": row.bytes,
                "owner": row.owner,
                "sha256": row.sha256,
            },
            PhotoRecord,
        )

    # --- inside ------------------------------------------------------------------------------

    async def _row(
        self, transaction: AsyncSession, session_id: str, *, to_change: bool = False
    ) -> SessionRow:
        row = await transaction.get(SessionRow, session_id, with_for_update=to_change)
        if row is None:
            raise _unknown()
        return row

    def _end(
        self,
        transaction: AsyncSession,
        row: SessionRow,
        ended_ms: int,
        reason: EndReason,
        facts: SessionFacts | None,
    ) -> bool:
        if row.ended_ms is not None:
            return False
        row.ended_ms = max(ended_ms, row.started_ms)
        row.reason = reason
        row.valid = facts is not None and is_valid(facts, self._rules)
        if facts is not None:
            for name, value in msgspec.structs.asdict(facts).items():
                setattr(row, name, value)
        self._bus.add(
            transaction,
            SessionEnded(
                session_id=row.id,
                student_id=row.student_id,
                teacher_id=row.teacher_id,
                subject=row.subject,
                started_ms=row.started_ms,
                ended_ms=row.ended_ms,
                reason=reason,
                valid=row.valid,
                facts=facts,
            ),
        )
        return True


def _unknown() -> Refusal:
    return Refusal("unknown_session", "there is no such session")


def _refuse_form(row: SessionRow, *, given: bool) -> None:
    if row.ended_ms is None:
        raise Refusal("still_running", "the session has not ended")
    if given:
        raise Refusal("already_given", "this form was filled in already")
