"""What counts as a valid session, and that the lists of the forms hold together."""

import msgspec
import pytest

from sessions.model import Rating, Report, SessionFacts, ValidRules, is_valid
from sessions.vocabulary import KNOWLEDGE_POINTS, RATING_ITEMS, STYLE_LABELS, SUBJECTS

RULES = ValidRules(together_s=60, voice_s=3)


@pytest.mark.parametrize(
    ("facts", "valid"),
    [
        (SessionFacts(together_s=60, strokes=1), True),
        (SessionFacts(together_s=60, photos=1), True),
        (SessionFacts(together_s=60, chat_lines=1), True),
        (SessionFacts(together_s=60, student_voice_s=3, teacher_voice_s=3), True),
        (SessionFacts(together_s=60, student_voice_s=2.9, teacher_voice_s=600), False),
        (SessionFacts(together_s=1800), False),
        (SessionFacts(together_s=59.9, strokes=100, photos=5, chat_lines=9), False),
    ],
)
def test_valid_is_long_enough_together_and_something_happened(
    facts: SessionFacts, valid: bool
) -> None:
    assert is_valid(facts, RULES) is valid


@pytest.mark.parametrize(
    "changes",
    [
        {"understood": 4},
        {"clear": -1},
        {"patient": 1.5},
        {"labels": ["kind"]},
        {"comment": "x" * 501},
        {"total": 12},
        {"understood": None},
    ],
)
def test_a_rating_outside_its_bounds_is_none(changes: dict[str, object]) -> None:
    good = {"understood": 3, "clear": 3, "patient": 3, "useful": 3, "labels": ["patient"]}
    assert msgspec.convert(good, Rating).total == 12
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**good, **changes}, Rating)


def test_a_report_outside_its_bounds_is_none() -> None:
    good = {"knowledge_points": ["圆"], "difficulty": 5, "participation": 1}
    msgspec.convert(good, Report)
    for changes in (
        {"knowledge_points": ["圆"] * 6},
        {"knowledge_points": [""]},
        {"knowledge_points": ["x" * 61]},
        {"difficulty": 0},
        {"participation": 6},
    ):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**good, **changes}, Report)


def test_the_lists_fit_the_forms() -> None:
    assert len(SUBJECTS) == 9
    assert set(KNOWLEDGE_POINTS) == set(SUBJECTS)
    for points in KNOWLEDGE_POINTS.values():
        assert points == list(dict.fromkeys(points))
        assert all(0 < len(point) <= 60 for point in points)
    assert set(RATING_ITEMS) <= set(Rating.__struct_fields__)
    assert len(STYLE_LABELS) == 10
