"""The virtual hand: on the paper, legible shapes, in a pen's rhythm, the same for the same seed."""

import string

import pytest
from hypothesis import given, settings, strategies as st

from pen_bridge.links.equation import EQUATION
from pen_bridge.links.font import GLYPHS
from pen_bridge.links.handwriting import MAX_CHARACTERS, NoShape, write
from pen_bridge.links.recorded import A5

PRINTABLE = "".join(chr(code) for code in range(33, 127))


def test_every_printable_character_has_a_shape_that_fits_its_place() -> None:
    assert set(GLYPHS) == set(PRINTABLE)
    for character, glyph in GLYPHS.items():
        places = [place for stroke in glyph.strokes for run in stroke for place in run]
        assert all(len(run) >= 2 for stroke in glyph.strokes for run in stroke), character
        assert all(-0.5 <= x <= glyph.width + 0.3 for x, _ in places), character
        assert all(-2.6 <= y <= 7.6 for _, y in places), character


@settings(deadline=None)
@given(
    st.text(alphabet=PRINTABLE + " \n\f", min_size=1, max_size=120).filter(
        lambda text: bool(text.replace("[[", "").replace("]]", "").replace("=== ", "").strip())
    ),
    st.integers(0, 1000),
)
def test_whatever_is_written_stays_on_the_paper_and_in_a_pens_rhythm(text: str, seed: int) -> None:
    recorded = write(text, seed=seed)
    end = 0.0
    for stroke in recorded.strokes:
        assert stroke.start_ms > end
        end = stroke.end_ms
        assert stroke.dots[0].dt_ms == 0
        assert all(8 <= dot.dt_ms <= 17 for dot in stroke.dots[1:])
        assert all(0 < dot.force <= 1 for dot in stroke.dots)
        assert all(0 <= dot.x <= A5[0] and 0 <= dot.y <= A5[1] for dot in stroke.dots)


def test_the_worked_equation_takes_two_pages_and_about_a_minute() -> None:
    recorded = write(EQUATION)
    assert [*dict.fromkeys(stroke.paper.address for stroke in recorded.strokes)] == [
        "1.1.1.1",
        "1.1.1.2",
    ]
    assert 40 < recorded.duration_s < 75
    dots = [dot for stroke in recorded.strokes for dot in stroke.dots]
    writing_s = sum(dot.dt_ms for dot in dots) / 1000
    assert 80 <= len(dots) / writing_s <= 100


def test_the_same_seed_writes_the_same_and_another_does_not() -> None:
    assert write("2x = 8", seed=4) == write("2x = 8", seed=4)
    assert write("2x = 8", seed=4) != write("2x = 8", seed=5)


def test_a_heading_is_underlined_and_an_answer_is_circled() -> None:
    plain, circled, heading = write("x = 4"), write("[[x = 4]]"), write("=== x = 4")
    assert len(circled.strokes) == len(heading.strokes) == len(plain.strokes) + 1
    inside = [dot for stroke in circled.strokes[:-1] for dot in stroke.dots]
    loop = circled.strokes[-1].dots
    assert min(d.x for d in loop) < min(d.x for d in inside)
    assert max(d.x for d in loop) > max(d.x for d in inside)
    assert min(d.y for d in loop) < min(d.y for d in inside)
    assert max(d.y for d in loop) > max(d.y for d in inside)
    under = heading.strokes[-1].dots
    assert min(d.y for d in under) > max(d.y for s in heading.strokes[:-1] for d in s.dots)


def test_long_text_goes_on_on_the_next_line_and_page() -> None:
    words = " ".join([string.ascii_lowercase[:9]] * 60)
    recorded = write(words)
    assert len({stroke.paper.address for stroke in recorded.strokes}) == 2
    assert max(dot.x for stroke in recorded.strokes for dot in stroke.dots) < A5[0] - 5


@pytest.mark.parametrize(
    "text", ["", "  \n ", "=== ", "[[", "中", "a\tb", "x" * (MAX_CHARACTERS + 1), "é"]
)
def test_what_it_cannot_write_it_says(text: str) -> None:
    with pytest.raises(NoShape):
        write(text)
