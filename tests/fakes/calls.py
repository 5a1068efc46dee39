"""A call between two real browsers, begun and ended as people do it."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.browser import PHONE, Person, person
from tests.fakes.speech import Sound, read_wav, resample, speak

STUDENT_SAYS = (
    "I do not understand why we move the number to the other side, "
    "could you please show me that step again slowly?"
)
TEACHER_SAYS = (
    "The equation two x plus three equals eleven. Subtract three from both sides, "
    "then divide by two, and x is four."
)


@dataclass(frozen=True)
class Voices:
    """What each side's microphone says: the file it is played from, and the sound at 16 kHz."""

    student_file: Path
    teacher_file: Path
    student: Sound
    teacher: Sound


def voices(folder: Path) -> Voices:
    """Let espeak-ng say two different things."""
    student_file, teacher_file = folder / "student.wav", folder / "teacher.wav"
    speak(student_file, STUDENT_SAYS)
    speak(teacher_file, TEACHER_SAYS)
    return Voices(
        student_file,
        teacher_file,
        resample(*read_wav(student_file)),
        resample(*read_wav(teacher_file)),
    )


@asynccontextmanager
async def two_people(
    student_url: str, teacher_url: str, said: Voices | None = None
) -> AsyncIterator[tuple[Person, Person]]:
    """Run a student's phone and a teacher's PC, both signed in, the teacher available."""
    async with (
        person(student_url, said.student_file if said else None, PHONE) as student,
        person(teacher_url, said.teacher_file if said else None) as teacher,
    ):
        await teacher.sign_in("teacher1")
        await student.sign_in("student1")
        await teacher.open_door()
        yield student, teacher
        assert student.errors == []
        assert teacher.errors == []


async def begin(student: Person, teacher: Person) -> None:
    """Call, answer, and wait until both are in with their voices connected."""
    await student.call("陈静怡")
    await teacher.by("accept").click()
    await student.in_call()
    await teacher.in_call()


async def hang_up(teacher: Person) -> None:
    """The teacher ends the session and says that they mean it."""
    await teacher.by("end-session").click()
    await teacher.page.get_by_role("dialog").get_by_role("button", name="结束").last.click()


Dots = list[tuple[float, float]]


def scribble(path: Path, seed: int, strokes: int = 40) -> list[Dots]:
    """Write a file of strokes for the virtual pen, two pages; return each stroke's dots in mm.

    Numbers with more digits than a board unit holds, so that rounding would show.
    """
    dice = random.Random(seed)
    written: list[Dots] = []
    rows = []
    at_ms = 0.0
    for number in range(strokes):
        x, y = dice.uniform(20, 120), dice.uniform(20, 180)
        dots, row = [], []
        for _ in range(dice.randrange(3, 60)):
            x = min(140.0, max(8.0, x + dice.uniform(-1.5, 1.5)))
            y = min(200.0, max(8.0, y + dice.uniform(-1.5, 1.5)))
            dots.append((x, y))
            row.append([10, round(dice.uniform(0.2, 0.9), 3), x, y])
        paper = {"address": f"9.8.7.{1 + (number > strokes // 2)}", "width": 148, "height": 210}
        rows.append({"start_ms": at_ms, "dots": row, "paper": paper})
        at_ms += 10 * len(row) + 60
        written.append(dots)
    path.write_text(json.dumps({"format": "inkcall-strokes", "units": "mm", "strokes": rows}))
    return written
