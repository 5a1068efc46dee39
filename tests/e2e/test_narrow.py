"""The narrowest phone and the longest names: everything can be seen and pressed."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.browser import Person, person
from tests.fakes.calls import hang_up
from tests.fakes.processes import ROOT, ServerProcess, running_server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

NARROW = {"width": 320, "height": 568}
STUDENT = "Maximiliana-Konstantinopolitanskaya Wolfeschlegelsteinhausen"
TEACHER = "Bartholomewchristopherson Featherstonehaugh-Cholmondeleyesq"

STICKS_OUT = """
(box) => {
  const within = document.querySelector(box);
  const style = getComputedStyle(within);
  const right = within.getBoundingClientRect().right - parseFloat(style.paddingRight);
  return [...within.querySelectorAll('*')]
    .filter((one) => one.getClientRects().length && !one.closest('.visually-hidden'))
    .filter((one) => one.getBoundingClientRect().right > right + 1)
    .map((one) => one.dataset.testid || one.className || one.tagName);
}
"""


async def add(server: ServerProcess, login: str, name: str, role: str, *more: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.cli", "people", "add", "--login", login, "--name", name),
        *("--role", role, *more),
        cwd=ROOT,
        env=server.environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    await process.communicate(b"inkcall-demo\n")
    assert process.returncode == 0


async def sticking_out(who: Person, box: str) -> Any:
    await who.page.locator(box).first.wait_for()
    return await who.page.evaluate(STICKS_OUT, box)


async def test_the_longest_names_hide_nothing_on_the_narrowest_phone(tmp_path: Path) -> None:
    async with (
        running_server(tmp_path) as server,
        person(server.url, viewport=NARROW) as student,
        person(server.url, viewport=NARROW) as teacher,
    ):
        await add(server, "student9", STUDENT, "student", "--grade", "8")
        await add(server, "teacher9", TEACHER, "teacher", "--subject", "maths", "--grade", "8")
        await teacher.sign_in("teacher9")
        await student.sign_in("student9")
        await teacher.open_door()
        await student.by("teacher-card").first.click()
        await student.by("call-start").wait_for()
        assert await sticking_out(student, "[data-testid=call-sheet]") == []
        await student.by("call-start").click()
        await teacher.by("accept").wait_for()
        cancel = await student.by("ring-cancel").bounding_box()
        assert cancel["y"] + cancel["height"] <= NARROW["height"]
        await teacher.by("accept").click()
        await student.in_call()
        await teacher.in_call()
        await hang_up(teacher)
        assert await sticking_out(teacher, "[data-testid=report-form]") == []
        await student.by("rating-later").click()
        await student.by("history-link").click()
        await student.by("history-row").wait_for()
        assert await sticking_out(student, "body") == []
        assert student.errors == teacher.errors == []
