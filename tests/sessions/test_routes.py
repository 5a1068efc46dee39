"""One's own sessions, the forms and their lists over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from people.model import Person
from sessions.model import SessionFacts
from tests.fakes.http_server import Http, code, http_server

FACTS = SessionFacts(together_s=300, strokes=12)
RATING = {
    "understood": 3,
    "clear": 3,
    "patient": 2,
    "useful": 3,
    "labels": ["patient", "humorous"],
    "comment": "讲得很清楚",
}
REPORT = {"knowledge_points": ["圆", "相似"], "difficulty": 4, "participation": 5, "comment": ""}


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    async with http_server(tmp_path) as http:
        yield http


async def held(http: Http, session: str = "s_1") -> tuple[Person, Person]:
    """Let a session of ten minutes take place."""
    student, teacher = await http.kept.student(), await http.kept.teacher()
    clock, sessions = http.kept.clock, http.kept.sessions
    await sessions.create(session, "c_1", student.id, teacher.id, "maths", "", clock.unix_ms())
    clock.advance(600)
    await sessions.end(session, clock.unix_ms(), "hung_up", FACTS)
    return student, teacher


async def test_both_give_their_form_once_and_see_it_done(http: Http) -> None:
    student, teacher = await held(http)
    student_token, teacher_token = await http.token(student), await http.token(teacher)
    expected = {
        "session": "s_1",
        "other": teacher.name,
        "subject": "maths",
        "seconds": 600,
        "reason": "hung_up",
        "rating": None,
        "form_due": True,
    }
    (row,) = (await (await http.call("GET", "/api/sessions/mine", student_token)).json())[
        "sessions"
    ]
    assert row.pop("started_ms") > 0
    assert row == expected
    for path, token, form in (("rating", student_token, RATING), ("report", teacher_token, REPORT)):
        path = f"/api/sessions/s_1/{path}"
        assert (await http.call("POST", path, token, json=form)).status == 204
        assert await code(await http.call("POST", path, token, json=form)) == (409, "already_given")
    for token, other in ((student_token, teacher), (teacher_token, student)):
        (row,) = (await (await http.call("GET", "/api/sessions/mine", token)).json())["sessions"]
        assert (row["form_due"], row["rating"], row["other"]) == (False, 11, other.name)


async def test_forms_are_each_sides_own(http: Http) -> None:
    student, teacher = await held(http)
    auditor = await http.kept.auditor()
    for person, form, path in (
        (teacher, RATING, "rating"),
        (student, REPORT, "report"),
        (auditor, RATING, "rating"),
    ):
        answer = await http.call(
            "POST", f"/api/sessions/s_1/{path}", await http.token(person), json=form
        )
        assert await code(answer) == (403, "forbidden")
    other = await http.token(await http.kept.student("zhao", "赵一鸣"))
    answer = await http.call("POST", "/api/sessions/s_1/rating", other, json=RATING)
    assert await code(answer) == (404, "unknown_session")


@pytest.mark.parametrize(
    "changes",
    [{"understood": 4}, {"labels": ["kind"]}, {"comment": "x" * 501}, {"clear": None}, {"more": 1}],
)
async def test_a_form_that_is_wrong_is_refused_without_repeating_it(
    http: Http, changes: dict[str, object]
) -> None:
    student, _ = await held(http)
    token = await http.token(student)
    answer = await http.call("POST", "/api/sessions/s_1/rating", token, json={**RATING, **changes})
    assert await code(answer) == (400, "bad_request")
    assert "讲得很清楚" not in await answer.text()


async def test_the_number_of_rows_is_bounded(http: Http) -> None:
    student, _ = await held(http)
    token = await http.token(student)
    for limit, status in (("1", 200), ("0", 200), ("999999", 200), ("-1", 400), ("x", 400)):
        answer = await http.call("GET", f"/api/sessions/mine?limit={limit}", token)
        assert answer.status == status


async def test_the_lists_are_data(http: Http) -> None:
    token = await http.token(await http.kept.teacher())
    lists = await (await http.call("GET", "/api/vocabulary", token)).json()
    assert set(lists) == {"style_labels", "rating_items", "subjects", "knowledge_points"}
    assert "exam_savvy" in lists["style_labels"]
    assert lists["rating_items"] == ["understood", "clear", "patient", "useful"]
    assert "勾股定理" in lists["knowledge_points"]["maths"]
