"""Turning pages, in pixels: each side shows the page that is open, and not what lay there before."""

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.fakes.browser import Person, person
from tests.fakes.calls import begin, two_people
from tests.fakes.pictures import BLUE, RED, encoded
from tests.fakes.processes import running_pen, running_server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

COLOURS = """
() => {
  const canvas = document.querySelector('[data-testid=board-canvas]');
  const {width, height} = canvas;
  const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
  const seen = {red: 0, blue: 0, dots: 0};
  for (let at = 0; at < data.length; at += 4) {
    const [r, g, b] = [data[at], data[at + 1], data[at + 2]];
    if (r > 180 && g < 80 && b < 80) seen.red += 1;
    if (b > 180 && g < 80 && r < 80) seen.blue += 1;
    // A bluish grey, the paler the smaller a dot is on the screen.
    if (r > 170 && r < 252 && b - r >= 4 && b - r < 30 && g >= r) seen.dots += 1;
  }
  return seen;
}
"""


INK_AND_TOOLS = """
() => {
  const canvas = document.querySelector('[data-testid=board-canvas]');
  const {width, height} = canvas;
  const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
  const rows = new Set();
  for (let at = 0; at < data.length; at += 4)
    if (Math.max(data[at], data[at + 1], data[at + 2]) < 90) rows.add(Math.floor(at / 4 / width));
  const box = canvas.getBoundingClientRect();
  const tools = document.querySelector('[data-testid=tool-pen]').getBoundingClientRect();
  return {
    ink: [...rows].map((row) => box.top + row * box.height / height), tools: tools.top,
  };
}
"""


async def shows(who: Person, what: str) -> None:
    """Wait until the board shows one of red, blue and dots, and not the others."""
    await who.until(
        f"""() => {{
          const seen = ({COLOURS})();
          return Object.entries(seen).every(([name, count]) => (count > 300) === (name === '{what}'));
        }}""",
        f"the board shows {what}",
    )


def lines(path: Path, *heights: int) -> Path:
    """Write what the virtual pen writes: short lines on a sheet of dot paper, at these heights in mm."""
    paper = {"address": "9.8.7.1", "width": 148, "height": 210}
    strokes = [
        {
            "start_ms": 400 * number,
            "dots": [[10, 0.6, 30 + step, height] for step in range(20)],
            "paper": paper,
        }
        for number, height in enumerate(heights)
    ]
    path.write_text(json.dumps({"format": "inkcall-strokes", "units": "mm", "strokes": strokes}))
    return path


async def test_each_side_shows_the_page_that_was_turned_to(tmp_path: Path) -> None:
    line = lines(tmp_path / "strokes.json", 40)
    async with (
        running_server(tmp_path) as server,
        two_people(server.url, server.url) as (student, teacher),
    ):
        await begin(student, teacher)
        async with running_pen(
            server.url,
            server.data / "demo-pen.token",
            *("--pen", "demo-pen", "--virtual", str(line)),
        ):
            board = await student.until_board(
                lambda board: any(stroke["ended"] for stroke in board["strokes"])
            )
        assert [page["kind"] for page in board["pages"]] == ["paper"], "no empty page before it"
        for side in (student, teacher):
            await shows(side, "dots")

        for name, colour in {"red": RED, "blue": BLUE}.items():
            photo = tmp_path / f"{name}.png"
            photo.write_bytes(encoded(Image.new("RGB", (600, 850), colour), "PNG"))
            await student.by("photo-file").first.set_input_files(photo)
            for side in (student, teacher):
                await shows(side, name)

        for back in ("red", "dots"):
            await student.by("page-prev").click()
            for side in (student, teacher):
                await shows(side, back)
        for on in ("red", "blue"):
            await teacher.by("next-page").click()
            for side in (student, teacher):
                await shows(side, on)


async def test_the_line_being_written_is_clear_of_the_tools_on_a_phone_on_its_side(
    tmp_path: Path,
) -> None:
    written = lines(tmp_path / "strokes.json", 30, 80, 140, 203)
    async with (
        running_server(tmp_path) as server,
        person(server.url, viewport={"width": 844, "height": 390}) as student,
        person(server.url) as teacher,
    ):
        await teacher.sign_in("teacher1")
        await student.sign_in("student1")
        await teacher.open_door()
        await begin(student, teacher)
        async with running_pen(
            server.url,
            server.data / "demo-pen.token",
            *("--pen", "demo-pen", "--virtual", str(written)),
        ):
            await student.until_board(
                lambda board: (
                    len(board["strokes"]) == 4
                    and all(stroke["ended"] for stroke in board["strokes"])
                )
            )
        # The last line is the only one this low screen shows when it is in sight.
        await student.until(f"() => ({INK_AND_TOOLS})().ink.length > 0", "ink is in sight")
        seen = await student.page.evaluate(INK_AND_TOOLS)
        assert max(seen["ink"]) < seen["tools"], seen
