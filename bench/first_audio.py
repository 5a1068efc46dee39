"""How long from the teacher's click on *accept* until each side hears the other?

    python -m bench.first_audio [--calls 9]

Two Chromium with a steady noise as microphone, on loopback. The page notes the first moment its
received audio is not silence, looking every 20 ms, so the figure is up to 20 ms too high.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

import numpy as np

from tests.fakes.browser import Person
from tests.fakes.calls import Voices, hang_up, two_people
from tests.fakes.processes import running_server
from tests.fakes.speech import write_wav


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        noise = np.random.default_rng(1).normal(scale=0.2, size=48_000 * 10)
        write_wav(folder / "noise.wav", noise, 48_000)
        empty = np.zeros(1)
        said = Voices(folder / "noise.wav", folder / "noise.wav", empty, empty)
        students, teachers = [], []
        async with (
            running_server(folder) as server,
            two_people(server.url, server.url, said) as (student, teacher),
        ):
            for number in range(options.calls):
                student_ms, teacher_ms = await one_call(student, teacher)
                print(
                    f"call {number + 1}: student {student_ms:.0f} ms, teacher {teacher_ms:.0f} ms"
                )
                students.append(student_ms)
                teachers.append(teacher_ms)
    print(
        f"accept to first audio, {options.calls} calls: student median {np.median(students):.0f} ms "
        f"(max {max(students):.0f}), teacher median {np.median(teachers):.0f} ms "
        f"(max {max(teachers):.0f})"
    )


async def one_call(student: Person, teacher: Person) -> tuple[float, float]:
    """Return for each side how long after the click it heard something, ms."""
    await teacher.page.evaluate(
        """() => addEventListener('click', () => {
             window.__clicked ??= performance.timeOrigin + performance.now();
           }, {capture: true, once: false})"""
    )
    await student.call("陈静怡")
    await teacher.by("accept").wait_for()
    await teacher.page.evaluate("() => { window.__clicked = undefined }")
    await teacher.by("accept").click()
    heard = []
    for side in (student, teacher):
        await side.in_call()
        await side.until("() => window.__inkcall.voice.firstSoundAt !== null", "sound")
        heard.append(await side.page.evaluate("() => window.__inkcall.voice.firstSoundAt"))
    clicked = await teacher.page.evaluate("() => window.__clicked")
    await hang_up(teacher)
    await student.by("rating-later").click()
    await teacher.by("report-later").click()
    await student.by("teacher-list").wait_for()
    return heard[0] - clicked, heard[1] - clicked


if __name__ == "__main__":
    asyncio.run(main())
