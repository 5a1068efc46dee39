"""Text as a hand would write it: places on paper from the font, then a pen's dots in time.

A line of text may begin with `=== ` for a page's heading, which is underlined; `[[x = 4]]` is
circled; a form feed begins the next page. Everything irregular comes from the seed.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from pen_bridge.links.font import GAP, GLYPHS, SPACE, Place
from pen_bridge.links.motion import Motion, curve
from pen_bridge.links.recorded import A5, Recorded, RecordedStroke
from pen_bridge.protocol.events import Paper, Scale

MAX_CHARACTERS = 20_000
_UNIT_MM = 0.95
"""Millimetres of a unit of the font: capitals of 6.7 mm, large enough for a phone's screen."""
_LINE_MM = 14.0
_BELOW_HEADING_MM = 3.0
_MARGIN_MM = 14.0
_TOP_MM = 24.0
_CIRCLE_ROOM_MM = 4.0
"""Left before and after what is circled."""
_SLANT = 0.10
_CIRCLE, _CIRCLED, _HEADING = "[[", "]]", "=== "


class NoShape(Exception):
    """The text holds a character that the font has no shape for; the text says which."""


@dataclass(frozen=True, slots=True)
class _Ink:
    """A stroke's path on a page, in mm, y downwards, and the pause before it in ms."""

    page: int
    path: tuple[Place, ...]
    pause_ms: float


def write(text: str, *, seed: int = 1) -> Recorded:
    """Return the strokes that write `text` on pages of A5; raise `NoShape`."""
    if len(text) > MAX_CHARACTERS:
        raise NoShape(f"the text is longer than {MAX_CHARACTERS} characters")
    for character in text:
        if character not in GLYPHS and character not in " \n\f":
            raise NoShape(
                f"the virtual pen cannot write {character!r}: only printable ASCII, line breaks "
                "and page breaks"
            )
    chance = random.Random(seed)
    motion = Motion(chance)
    strokes: list[RecordedStroke] = []
    now_ms = 0.0
    before: Place | None = None
    for ink in _Writer(chance).pages(text):
        now_ms += ink.pause_ms
        if before is not None:
            # The hand also travels above the paper, at about 250 mm/s.
            now_ms += min(600.0, math.dist(before, ink.path[0]) * 4)
        paper = Paper(f"1.1.1.{ink.page + 1}", *A5)
        stroke = RecordedStroke(round(now_ms), paper, motion.dots(ink.path))
        strokes.append(stroke)
        now_ms, before = stroke.end_ms, ink.path[-1]
    if not strokes:
        raise NoShape("there is nothing to write")
    return Recorded(Scale(), tuple(strokes))


class _Writer:
    """Sets text on pages, letter by letter, with a hand's irregularity."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._page = 0
        self._y = _TOP_MM
        self._lean = 0.0
        self._drift = 0.0

    def pages(self, text: str) -> Iterator[_Ink]:
        """Yield the strokes of all lines in order."""
        for number, page in enumerate(text.split("\f")):
            if number:
                self._turn()
            for line in page.split("\n"):
                heading = line.startswith(_HEADING)
                for part in _wrapped(line.removeprefix(_HEADING)):
                    if self._y > A5[1] - _MARGIN_MM:
                        self._turn()
                    yield from self._line(part, underlined=heading)
                    self._y += _LINE_MM
                if heading:
                    self._y += _BELOW_HEADING_MM

    def _turn(self) -> None:
        self._page += 1
        self._y = _TOP_MM

    def _line(self, line: str, *, underlined: bool) -> Iterator[_Ink]:
        x = _MARGIN_MM + self._chance.uniform(-0.8, 0.8)
        begin, circle = x, x
        self._lean = self._chance.gauss(0, 0.006)
        pause = 500.0 if self._y == _TOP_MM else self._chance.uniform(500, 900)
        position = 0
        while position < len(line):
            if line.startswith(_CIRCLE, position):
                if x > begin:
                    x += _CIRCLE_ROOM_MM
                circle = x
                position += len(_CIRCLE)
            elif line.startswith(_CIRCLED, position):
                yield self._loop(circle, x - GAP * _UNIT_MM)
                x += _CIRCLE_ROOM_MM
                position += len(_CIRCLED)
            elif line[position] == " ":
                x += SPACE * _UNIT_MM
                pause = self._chance.uniform(130, 260)
                position += 1
            else:
                inks, width = self._letter(line[position], x, begin, pause)
                yield from inks
                x += width + GAP * _UNIT_MM * self._chance.uniform(0.85, 1.15)
                pause = self._chance.uniform(60, 130)
                position += 1
        if underlined and x > begin:
            yield self._underline(begin, x)

    def _letter(
        self, character: str, x: float, begin: float, pause: float
    ) -> tuple[list[_Ink], float]:
        chance = self._chance
        glyph = GLYPHS[character]
        unit = _UNIT_MM * chance.gauss(1, 0.025)
        slant = _SLANT + chance.gauss(0, 0.02)
        turn = chance.gauss(0, 0.015)
        # The baseline wanders slowly instead of jumping from letter to letter.
        self._drift = 0.8 * self._drift + chance.gauss(0, 0.1)
        base = self._y + self._drift + (x - begin) * self._lean

        def place(point: Place) -> Place:
            u = (point[0] + slant * point[1]) * unit + chance.gauss(0, 0.05)
            v = point[1] * unit + chance.gauss(0, 0.05)
            return x + u * math.cos(turn) - v * math.sin(turn), base - v - u * math.sin(turn)

        inks = []
        for stroke in glyph.strokes:
            runs: list[tuple[Place, ...]] = []
            for run in stroke:
                # Two runs meet in one corner, which must not be shaken twice.
                first = [runs[-1][-1]] if runs else [place(run[0])]
                runs.append((*first, *(place(point) for point in run[1:])))
            inks.append(_Ink(self._page, curve(runs), pause))
            pause = chance.uniform(40, 90)
        return inks, glyph.width * unit

    def _underline(self, begin: float, end: float) -> _Ink:
        y = self._y + 3.4
        width = end - begin
        middle = (begin + width / 2, y + self._chance.gauss(0, 0.5))
        run = ((begin - 1, y), middle, (end + 1, y - 0.8))
        return _Ink(self._page, curve([run]), 320)

    def _loop(self, left: float, right: float) -> _Ink:
        """A circle around what stands between: begun at its upper right, closed a bit too far."""
        centre = ((left + right) / 2, self._y - 3.2)
        half = ((right - left) / 2 + 4.6, 6.6)
        points = []
        for step in range(17):
            angle = -0.9 - step / 15 * 2 * math.pi
            swell = 1 + 0.05 * step / 16 + self._chance.gauss(0, 0.008)
            points.append(
                (
                    centre[0] + half[0] * swell * math.cos(angle),
                    centre[1] + half[1] * swell * math.sin(angle),
                )
            )
        return _Ink(self._page, curve([tuple(points)]), 380)


def _wrapped(line: str) -> list[str]:
    """Break a line between words where the paper ends; a word longer than a line is cut."""
    room = A5[0] - 2 * _MARGIN_MM
    words = line.lstrip(" ").split(" ")
    lines, current, used = [], " " * (len(line) - len(line.lstrip(" "))), 0.0
    used = len(current) * SPACE * _UNIT_MM
    for word in words:
        width = 0.0
        for end, character in enumerate(word):
            advance = _width(character)
            if width + advance > room:
                lines.append(current)
                current, used = "", 0.0
                lines.append(word[:end])
                word, width = word[end:], 0.0
            width += advance
        if current.strip() and used + width > room:
            lines.append(current)
            current, used = "", 0.0
        current = f"{current} {word}" if current.strip() else current + word
        used += width + SPACE * _UNIT_MM
    lines.append(current)
    return [part for part in lines if part] or [""]


def _width(character: str) -> float:
    return (GLYPHS[character].width + GAP) * _UNIT_MM * 1.04
