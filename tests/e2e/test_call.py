"""The whole story in two real browsers: call, talk, write, end, rate; then the auditor replays it."""

import asyncio
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recorder.library import Library
from tests.fakes.browser import Person, person
from tests.fakes.calls import Dots, begin, hang_up, scribble, two_people, voices
from tests.fakes.processes import running_pen, running_server
from tests.fakes.speech import RATE, Sound, likeness, read_wav, resample
from wire import fold
from wire.board import Board, ChatLine
from wire.codec import decode_event

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

ALIKE = 0.8


async def test_a_whole_call_and_its_replay(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    written = scribble(tmp_path / "strokes.json", seed)
    said = voices(tmp_path)
    async with running_server(tmp_path) as server:
        async with (
            two_people(server.url, server.url, said) as (student, teacher),
            running_pen(
                server.url,
                server.data / "demo-pen.token",
                *("--pen", "demo-pen", "--virtual", str(tmp_path / "strokes.json")),
                *("--speed", "4"),
            ),
        ):
            await begin(student, teacher)
            student_heard, teacher_heard = await asyncio.gather(student.hear(12), teacher.hear(12))
            assert likeness(said.teacher, student_heard) >= ALIKE, "the student hears the teacher"
            assert likeness(said.student, teacher_heard) >= ALIKE, "the teacher hears the student"
            assert likeness(said.student, student_heard) < 0.6, "and not themselves"

            await student.until(_strokes_ended(len(written)), "all the pen wrote is there")
            live = await student.board()
            assert_ink(live, written)

            await student.by("chat-button").click()
            await student.by("chat-input").fill("懂了，谢谢老师")
            await student.by("chat-send").click()
            await teacher.page.get_by_text("懂了，谢谢老师").first.wait_for()
            await student.page.keyboard.press("Escape")
            pixels = await ink_pixels(student)

            await hang_up(teacher)
            await student.by("rating-form").wait_for()
            await teacher.by("report-form").wait_for()
            await rate(student)
            await report(teacher)

        session = next(iter(_ended(server.data)))
        assert_recording(server.data, session, live, said)
        async with person(server.url) as auditor:
            await auditor.sign_in("auditor1")
            await assert_replay(auditor, session, tmp_path, said, pixels)


def _strokes_ended(count: int) -> str:
    return f"""() => {{
      const strokes = window.__inkcall.room.board.strokes;
      const all = strokes instanceof Map ? [...strokes.values()] : Object.values(strokes);
      return all.length === {count} && all.every((stroke) => stroke.ended);
    }}"""


def assert_ink(board: dict[str, Any], written: list[Dots]) -> None:
    """Every dot the pen wrote is on the board within 0.05 mm, and in order."""
    assert len(board["strokes"]) == len(written)
    for stroke, dots in zip(board["strokes"], written, strict=True):
        assert len(stroke["points"]) == len(dots)
        for point, (x, y) in zip(stroke["points"], dots, strict=True):
            assert abs(point[0] / 100 - x) <= 0.05
            assert abs(point[1] / 100 - y) <= 0.05
    assert [page["kind"] for page in board["pages"]] == ["paper", "paper"]


async def ink_pixels(who: Person) -> set[tuple[int, int]]:
    """Return where ink is on the shown page, as cells of a 100 x 100 grid over the page."""
    cells = await who.page.evaluate(
        """async () => {
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          const canvas = document.querySelector('[data-testid=board-canvas]');
          const context = canvas.getContext('2d');
          const {width, height} = canvas;
          const data = context.getImageData(0, 0, width, height).data;
          const at = (x, y) => { const i = 4 * (y * width + x); return [data[i], data[i+1], data[i+2], data[i+3]]; };
          // The page is the white sheet on the darker desk (or on nothing, which is transparent).
          const white = (p) => p[3] > 250 && p[0] > 250 && p[1] > 250 && p[2] > 250;
          let left = width, right = 0, top = height, bottom = 0;
          for (let y = 0; y < height; y += 2) for (let x = 0; x < width; x += 2)
            if (white(at(x, y))) {
              left = Math.min(left, x); right = Math.max(right, x);
              top = Math.min(top, y); bottom = Math.max(bottom, y);
            }
          const found = new Set();
          for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) {
            const p = at(x, y);
            if (p[3] > 128 && p[0] < 100 && p[1] < 100 && p[2] < 100)
              found.add(`${Math.floor(100 * (x - left) / (right - left))},${Math.floor(100 * (y - top) / (bottom - top))}`);
          }
          return [...found];
        }"""
    )
    return {(int(x), int(y)) for x, y in (cell.split(",") for cell in cells)}


def overlap(one: set[tuple[int, int]], other: set[tuple[int, int]]) -> float:
    """Return how much of each picture's ink the other has within one cell, the worse direction."""

    def near(a: set[tuple[int, int]], b: set[tuple[int, int]]) -> float:
        wide = {(x + i, y + j) for x, y in b for i in (-1, 0, 1) for j in (-1, 0, 1)}
        return len(a & wide) / len(a)

    assert one
    assert other
    return min(near(one, other), near(other, one))


async def rate(student: Person) -> None:
    for item in ("understood", "clear", "patient", "useful"):
        await student.press(f"mark-{item}-3")
    await student.press("label-patient")
    await student.by("rating-send").click()
    await student.by("rating-thanks").wait_for()


async def report(teacher: Person) -> None:
    await teacher.by("knowledge").locator("input").fill("一元一次方程")
    await teacher.page.keyboard.press("Enter")
    await teacher.page.keyboard.press("Escape")
    await teacher.press("difficulty-3")
    await teacher.press("participation-4")
    await teacher.by("report-submit").click()
    await teacher.by("report-form").wait_for(state="detached")


def _ended(data: Path) -> list[str]:
    return [path.stem for path in (data / "recordings").iterdir() if path.is_file()]


def assert_recording(data: Path, session: str, live: dict[str, Any], said: Any) -> None:
    """The recording is whole: its fold is the board that was live, and both voices are in it."""
    library = Library(data / "recordings")
    summary = library.check(session)
    assert summary.sealed
    assert not summary.damaged
    board, chat = Board(), list[ChatLine]()
    for payload in library.events(session):
        fold.apply(board, chat, decode_event(payload))
    assert [line.text for line in chat] == ["懂了，谢谢老师"]
    assert [page.page for page in board.pages] == [page["page"] for page in live["pages"]]
    kept = [
        [[p.x, p.y, p.pressure, p.dt] for p in stroke.points] for stroke in board.strokes.values()
    ]
    assert kept == [stroke["points"] for stroke in live["strokes"]]


async def assert_replay(
    auditor: Person, session: str, folder: Path, said: Any, pixels: set[tuple[int, int]]
) -> None:
    """The auditor sees the page as it was, hears each voice on its side, and can go back."""
    page = auditor.page
    await auditor.by(f"open-{session}").click()
    await auditor.by("board-canvas").wait_for()
    await auditor.by("play").wait_for()
    await page.locator("[data-testid=voices-state][data-state=ready]").wait_for(timeout=60_000)
    response = await page.request.get(
        f"{auditor.url}/api/recordings/{session}/voices",
        headers={"Authorization": f"Bearer {await token_of(auditor)}"},
        timeout=60_000,
    )
    assert response.status == 200
    ogg = folder / "voices.ogg"
    ogg.write_bytes(await response.body())
    left, right = decode_stereo(ogg)
    assert likeness(said.student, middle(left)) >= ALIKE, "the student is on the left"
    assert likeness(said.teacher, middle(right)) >= ALIKE, "the teacher is on the right"
    assert likeness(said.teacher, middle(left)) < 0.6

    seek = auditor.by("seek")
    await seek.focus()
    await page.keyboard.press("End")
    await page.wait_for_timeout(300)
    assert overlap(pixels, await ink_pixels(auditor)) >= 0.97, "the finished page, pixel by pixel"
    await seek.focus()
    await page.keyboard.press("Home")
    await page.wait_for_timeout(300)
    assert len(await ink_pixels(auditor)) < len(pixels) / 4, "at the start there was no ink yet"
    before = await auditor.by("position").inner_text()
    await auditor.by("play").click()
    await page.wait_for_function(
        "(before) => document.querySelector('[data-testid=position]').innerText !== before",
        arg=before,
    )


async def token_of(auditor: Person) -> str:
    """Return an access token of the signed-in person, by signing in beside the page."""
    response = await auditor.page.request.post(
        f"{auditor.url}/api/sign-in", data={"login": "auditor1", "password": "inkcall-demo"}
    )
    return str((await response.json())["access_token"])


def decode_stereo(path: Path) -> tuple[Sound, Sound]:
    """Return the two sides of an audio file at 16 kHz."""
    import av

    sides: list[Sound] = []
    with av.open(str(path)) as file:
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
        for frame in file.decode(audio=0):
            sides += [part.to_ndarray().astype(np.float64) for part in resampler.resample(frame)]
    both = np.concatenate(sides, axis=1)
    return both[0], both[1]


def middle(sound: Sound) -> Sound:
    """Return six seconds from the middle, where both were there."""
    centre = len(sound) // 2
    return sound[centre - 3 * RATE : centre + 3 * RATE]


def test_the_measure_tells_voices_apart(tmp_path: Path) -> None:
    said = voices(tmp_path)
    again, rate_ = read_wav(said.teacher_file)
    heard = resample(again, rate_)[5 * RATE : 11 * RATE]
    assert likeness(said.teacher, heard) > 0.99
    assert likeness(said.student, heard) < 0.6
    assert likeness(said.teacher, np.zeros(6 * RATE)) < 0.1
