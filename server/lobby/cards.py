"""What a side is shown of the other before a call: a teacher's card, a caller's past."""

from dataclasses import dataclass

from people.model import Person
from people.service import PeopleService
from sessions.service import SessionService
from wire.lobby import Grade, PastSession, Presence, TeacherCard

SHOWN_SESSIONS = 10


@dataclass(frozen=True, slots=True)
class Caller:
    """What a teacher sees of a student before they accept."""

    name: str
    grade: Grade
    school: str
    history: list[PastSession]
    sessions: int


class Cards:
    """Reads cards and keeps teachers' until `forget`: they are shown far more often than changed."""

    def __init__(self, people: PeopleService, sessions: SessionService) -> None:
        self._people = people
        self._sessions = sessions
        self._kept: dict[str, TeacherCard] = {}

    async def load(self, teacher: str) -> None:
        """Read a teacher's card, so that `teacher` can return it."""
        person = await self._people.person(teacher)
        standing = (await self._sessions.standing([teacher])).get(teacher)
        self._kept[teacher] = TeacherCard(
            teacher=teacher,
            name=person.name,
            presence="offline",
            subjects=list(person.subjects),
            grades=list(person.grades),
            school=person.school,
            biography=person.biography,
            rating=standing.rating if standing else None,
            rated=standing.rated if standing else 0,
            labels=standing.labels if standing else [],
        )

    def teacher(self, teacher: str, presence: Presence) -> TeacherCard | None:
        """Return a loaded card with its presence of now; None when it was never loaded."""
        card = self._kept.get(teacher)
        if card is None:
            return None
        return TeacherCard(
            teacher=card.teacher,
            name=card.name,
            presence=presence,
            subjects=card.subjects,
            grades=card.grades,
            school=card.school,
            biography=card.biography,
            rating=card.rating,
            rated=card.rated,
            labels=card.labels,
        )

    async def caller(self, student: Person) -> Caller:
        """Return what to show of a student who calls."""
        rows = await self._sessions.history(student.id, SHOWN_SESSIONS)
        names: dict[str, str] = {}
        for row in rows:
            if row.teacher not in names:
                names[row.teacher] = (await self._people.person(row.teacher)).name
        return Caller(
            name=student.name,
            grade=student.grade or 1,
            school=student.school,
            history=[
                PastSession(
                    session=row.session,
                    started_ms=row.started_ms,
                    seconds=row.seconds,
                    teacher=names[row.teacher],
                    subject=row.subject,
                    rating=row.rating.total if row.rating else None,
                    knowledge_points=row.report.knowledge_points if row.report else [],
                    difficulty=row.report.difficulty if row.report else None,
                    participation=row.report.participation if row.report else None,
                )
                for row in rows
            ],
            sessions=await self._sessions.count(student.id),
        )
