"""docs/examples/client.py against the real server: two of them meet, talk and write."""

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import pytest

from tests.fakes.processes import running_server

ROOT = Path(__file__).parents[2]
TOGETHER_S = 4.0
WITHIN_S = 60.0
# How busy the machine is that runs the tests is not the question here.
SETTINGS = {"INKCALL__ROOMS__MAX_LOOP_LAG_S": "60"}


@pytest.fixture
def example() -> ModuleType:
    """The file itself, loaded as a module: it is in no package."""
    spec = importlib.util.spec_from_file_location("client", ROOT / "docs/examples/client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["client"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def ink(lesson: Any) -> list[tuple[str, int, bool]]:
    return [
        (stroke.member, len(stroke.points), stroke.ended)
        for stroke in lesson.board.strokes.values()
    ]


async def test_two_of_them_hear_and_read_each_other(example: ModuleType, tmp_path: Path) -> None:
    async with (
        running_server(tmp_path, SETTINGS) as server,
        aiohttp.ClientSession() as http,
        asyncio.timeout(WITHIN_S),
    ):
        teacher, student = example.Client(http, server.url), example.Client(http, server.url)
        await teacher.sign_in("teacher1", "inkcall-demo")
        await student.sign_in("student1", "inkcall-demo")
        async with asyncio.TaskGroup() as group:
            taught = group.create_task(teacher.tutored(TOGETHER_S))
            learnt = group.create_task(student.tutored(TOGETHER_S))

    seen_by_teacher, seen_by_student = taught.result(), learnt.result()
    assert seen_by_student.session == seen_by_teacher.session
    assert seen_by_student.reason == seen_by_teacher.reason == "hung_up"
    assert seen_by_student.other == "陈静怡"
    # Each hears the tone the other plays.
    assert seen_by_student.heard_hz == pytest.approx(example.TONES_HZ["teacher"], abs=5)
    assert seen_by_teacher.heard_hz == pytest.approx(example.TONES_HZ["student"], abs=5)
    # Both strokes, complete, on both boards; and the chat in one order.
    assert ink(seen_by_student) == ink(seen_by_teacher)
    assert len({member for member, _, _ in ink(seen_by_student)}) == 2
    assert [rest for _, *rest in ink(seen_by_student)] == [[40, True], [40, True]]
    assert seen_by_student.chat == seen_by_teacher.chat
    assert {line.text for line in seen_by_student.chat} == {
        "Hello from the teacher.",
        "Hello from the student.",
    }
    assert seen_by_teacher.acked == 4


async def test_a_wrong_password_is_told(example: ModuleType, tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, aiohttp.ClientSession() as http:
        with pytest.raises(example.Refused, match="wrong_password"):
            await example.Client(http, server.url).sign_in("teacher1", "guessed")


def test_it_stays_one_small_file() -> None:
    assert len((ROOT / "docs/examples/client.py").read_text("utf-8").splitlines()) <= 250
