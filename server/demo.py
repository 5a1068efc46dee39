"""Demo data: invented people, past sessions and a paired pen, to try everything at once.

Only made when asked for (`python -m server --demo`); doing it again changes nothing.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from base.clock import Clock
from base.config import Config
from base.errors import Refusal
from base.part import Part, Process
from people.pens import PenService
from people.service import PeopleService
from sessions.model import Rating, Report, SessionFacts
from sessions.service import SessionService
from sessions.vocabulary import StyleLabel
from wire.lobby import Subject

PASSWORD: Final = "inkcall-demo"
PEN: Final = "demo-pen"
PEN_FILE: Final = "demo-pen.token"
_PEN_MODEL = "virtual"
_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000

ACCOUNTS: Final[tuple[dict[str, Any], ...]] = (
    {
        "login": "student1",
        "name": "林小雨",
        "role": "student",
        "grade": 8,
        "school": "青桐中学",
    },
    {
        "login": "student2",
        "name": "赵一鸣",
        "role": "student",
        "grade": 7,
        "school": "河畔实验学校",
    },
    {
        "login": "teacher1",
        "name": "陈静怡",
        "role": "teacher",
        "school": "青桐中学",
        "subjects": ["maths"],
        "grades": [7, 8, 9],
        "biography": "初中数学教师，任教十六年。喜欢从画图开始，把一道题讲成一类题。",
    },
    {
        "login": "teacher2",
        "name": "Olivia Wang-Featherstonehaugh",
        "role": "teacher",
        "school": "Riverside International School",
        "subjects": ["english", "history", "geography"],
        "grades": [7, 8, 9, 10],
        "biography": "英语与人文学科教师，双语授课。Bring your draft, we will make it better together.",
    },
    {
        "login": "auditor1",
        "name": "周明",
        "role": "auditor",
        "school": "区教师研修中心",
    },
    {
        "login": "administrator1",
        "name": "何海宁",
        "role": "administrator",
        "school": "区教师研修中心",
    },
)
"""Nobody of these exists."""


@dataclass(frozen=True, kw_only=True)
class _Past:
    """A session of the past: who, how long ago, how long, and what was said of it."""

    student: str
    teacher: str
    subject: Subject
    note: str
    days_ago: int
    minutes: int
    score: tuple[int, int, int, int] | None = None
    labels: tuple[StyleLabel, ...] = ()
    points: tuple[str, ...] = ()
    difficulty: int = 3
    participation: int = 4


# All are older than the days for which a missing form is asked for.
_PAST: Final = (
    _Past(
        student="student1",
        teacher="teacher1",
        subject="maths",
        note="一次函数的图象总是画错",
        days_ago=40,
        minutes=22,
        score=(3, 3, 3, 2),
        labels=("patient", "step_by_step"),
        points=("一次函数", "平面直角坐标系"),
    ),
    _Past(
        student="student1",
        teacher="teacher1",
        subject="maths",
        note="全等三角形的证明题",
        days_ago=26,
        minutes=29,
        score=(3, 3, 3, 3),
        labels=("patient", "heuristic", "encouraging"),
        points=("全等三角形",),
        difficulty=4,
        participation=5,
    ),
    _Past(
        student="student1",
        teacher="teacher2",
        subject="english",
        note="想把作文里的时态改对",
        days_ago=19,
        minutes=17,
        score=(2, 3, 3, 2),
        labels=("lively", "vivid_examples"),
        points=("时态", "书面表达"),
        participation=3,
    ),
    _Past(
        student="student2",
        teacher="teacher1",
        subject="maths",
        note="有理数混合运算",
        days_ago=15,
        minutes=12,
        score=(2, 2, 3, 3),
        labels=("rigorous", "step_by_step"),
        points=("有理数",),
        difficulty=2,
    ),
    _Past(
        student="student2",
        teacher="teacher2",
        subject="geography",
        note="等高线地形图怎么看",
        days_ago=12,
        minutes=25,
        score=(3, 2, 3, 3),
        labels=("humorous", "vivid_examples"),
        points=("地球与地图",),
    ),
    _Past(
        student="student1",
        teacher="teacher1",
        subject="maths",
        note="勾股定理的应用",
        days_ago=9,
        minutes=30,
        points=("勾股定理",),
    ),
)


async def seed(
    config: Config,
    people: PeopleService,
    pens: PenService,
    sessions: SessionService,
    clock: Clock,
) -> None:
    """Make what is missing of the demo data; the pen's credential goes to a file of mode 0600."""
    ids = {}
    for account in ACCOUNTS:
        try:
            person = await people.by_login(account["login"])
        except Refusal:
            person = await people.create(password=PASSWORD, **account)
        ids[person.login] = person.id
    for number, past in enumerate(_PAST, start=1):
        await _past_session(sessions, ids, f"s_demo{number}", past, clock.unix_ms())
    await _pen(pens, ids["teacher1"], config.data_dir / PEN_FILE)


async def _seed(process: Process) -> None:
    people, pens = process.need(PeopleService), process.need(PenService)
    await seed(process.config, people, pens, process.need(SessionService), process.clock)


@asynccontextmanager
async def _start(_process: Process) -> AsyncIterator[None]:
    yield


PART = Part(name="demo", start=_start, demo=_seed, needs=("people", "sessions"))


async def _past_session(
    sessions: SessionService, ids: dict[str, str], session_id: str, past: _Past, now_ms: int
) -> None:
    # Six in the evening by the clock of Beijing (UTC+8), when tutoring hours begin.
    day_ms = now_ms // _DAY_MS * _DAY_MS - past.days_ago * _DAY_MS
    started_ms = day_ms + 10 * _HOUR_MS
    student_id, teacher_id = ids[past.student], ids[past.teacher]
    call_id = session_id.replace("s_", "c_")
    await sessions.create(
        session_id, call_id, student_id, teacher_id, past.subject, past.note, started_ms
    )
    facts = SessionFacts(
        together_s=past.minutes * 60 - 8,
        strokes=past.minutes * 6,
        photos=1,
        chat_lines=past.minutes // 5,
        student_voice_s=past.minutes * 14,
        teacher_voice_s=past.minutes * 27,
    )
    if not await sessions.end(session_id, started_ms + past.minutes * 60_000, "hung_up", facts):
        return
    if past.score is not None:
        understood, clear, patient, useful = past.score
        rating = Rating(
            understood=understood,
            clear=clear,
            patient=patient,
            useful=useful,
            labels=list(past.labels),
        )
        await sessions.rate(session_id, student_id, rating)
    report = Report(
        knowledge_points=list(past.points),
        difficulty=past.difficulty,
        participation=past.participation,
    )
    await sessions.report(session_id, teacher_id, report)


async def _pen(pens: PenService, teacher_id: str, file: Path) -> None:
    try:
        known = await pens.verify((await asyncio.to_thread(file.read_text)).strip())
        if (known.pen_id, known.teacher_id) == (PEN, teacher_id):
            return
    except (FileNotFoundError, Refusal):
        pass
    credential = await pens.pair(teacher_id, PEN, _PEN_MODEL)
    await asyncio.to_thread(_write_secret, file, credential.token)


def _write_secret(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text + "\n")
