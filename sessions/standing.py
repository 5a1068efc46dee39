"""How students found a teacher: the mean score and the style labels of their rated sessions."""

from collections.abc import Iterable

from sqlalchemy import func, select

from base.db import Database
from sessions.model import Standing
from sessions.tables import RatingLabelRow, RatingRow, SessionRow
from wire.lobby import LabelCount


async def standing(database: Database, teacher_ids: Iterable[str]) -> dict[str, Standing]:
    """Return every asked teacher's standing by id; an unrated teacher's is empty."""
    wanted = set(teacher_ids)
    scores = (
        select(SessionRow.teacher_id, func.avg(RatingRow.total), func.count())
        .join(RatingRow, RatingRow.session_id == SessionRow.id)
        .where(SessionRow.teacher_id.in_(wanted))
        .group_by(SessionRow.teacher_id)
    )
    times = func.count()
    given = (
        select(SessionRow.teacher_id, RatingLabelRow.label, times)
        .join(RatingLabelRow, RatingLabelRow.session_id == SessionRow.id)
        .where(SessionRow.teacher_id.in_(wanted))
        .group_by(SessionRow.teacher_id, RatingLabelRow.label)
        .order_by(times.desc(), RatingLabelRow.label)
    )
    labels: dict[str, list[LabelCount]] = {teacher: [] for teacher in wanted}
    found = {teacher: Standing() for teacher in wanted}
    async with database.reading() as transaction:
        for teacher, label, count in await transaction.execute(given):
            labels[teacher].append(LabelCount(label=label, count=count))
        for teacher, mean, rated in await transaction.execute(scores):
            found[teacher] = Standing(
                rating=round(float(mean), 2), rated=rated, labels=labels[teacher]
            )
    return found
