"""Roles x routes x (own, other's, none), no token, bad token: every cell asked of a running server.

Each cell is compared with what the table of grants says; the sensitive routes also with a table
written out here, so that a wrong rule is noticed and not only an unheeded one.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from base.jobs import routes as jobs
from base.jobs.tables import JobRow
from base.objects import WHOLE, Object
from base.routes import Binary, Route, Rule, own, whole
from people.grants import grants_of, may, may_ever
from people.model import Person
from server.app import ROUTES
from server.http import photos
from sessions import routes as sessions
from sessions.model import PhotoRecord, SessionFacts
from tests.fakes import pictures
from tests.fakes.http_server import Http, http_server

ROLES = ("student", "teacher", "auditor", "administrator")
CASES = ("own", "other", "none")
OBJECTS = {"own": "1", "other": "2", "none": "9"}
RUNNING = "3"
"""A session like number 1 that has not ended."""
FACTS = SessionFacts(together_s=300, photos=1)

BODIES: dict[str, Any] = {
    "POST /api/sign-in": {"login": "nobody", "password": "wrong"},
    "POST /api/sessions/{session}/rating": {
        "understood": 3,
        "clear": 3,
        "patient": 2,
        "useful": 3,
    },
    "POST /api/sessions/{session}/report": {"difficulty": 4, "participation": 5},
    "POST /api/sessions/{session}/photos": pictures.encoded(pictures.halves(), "JPEG"),
    "POST /api/pens/pairings": {"pen": "pen_7", "model": "x"},
    "POST /api/pens/pairings/confirm": {"user_code": "BBBB-BBBB"},
    "POST /api/pens/pairings/token": {"device_code": "x"},
}

# What each of student, teacher, auditor, administrator gets: own / other's / none.
NO = (403, 403, 403)
HIDDEN = (404, 404, 404)
SENSITIVE: dict[str, tuple[tuple[int, int, int], ...]] = {
    "POST /api/sessions/{session}/rating": ((204, 404, 404), NO, NO, NO),
    "POST /api/sessions/{session}/report": (NO, (204, 404, 404), NO, NO),
    "POST /api/sessions/{session}/photos": ((201, 403, 403), (201, 403, 403), NO, NO),
    "GET /api/sessions/{session}/photos/{photo}": (
        (200, 403, 404),
        (200, 403, 404),
        (200, 200, 404),
        (200, 200, 404),
    ),
    "GET /api/recordings": (NO, NO, (200, 200, 200), (200, 200, 200)),
    # Allowed, and there is no file of these sessions.
    "GET /api/recordings/{session}": (NO, NO, (200, 200, 404), (200, 200, 404)),
    "GET /api/recordings/{session}/events": (NO, NO, (404, 404, 404), (404, 404, 404)),
    "GET /api/recordings/{session}/voices": (NO, NO, (404, 404, 404), (404, 404, 404)),
    "POST /api/recordings/{session}/voices": (NO, NO, (404, 404, 404), (404, 404, 404)),
    "POST /api/pens/pairings/confirm": (NO, (404, 404, 404), NO, NO),
    # Job 1 is the student's, job 2 a stranger's; neither is a render.
    "GET /api/jobs/{job}": ((200, 404, 404), HIDDEN, HIDDEN, HIDDEN),
    "POST /api/jobs/{job}/cancel": ((200, 404, 404), HIDDEN, HIDDEN, HIDDEN),
    "GET /api/pens": (NO, (200, 200, 200), NO, NO),
    "DELETE /api/pens/{pen}": (NO, (204, 404, 404), NO, NO),
}

PUBLIC_ROUTES = {
    "POST /api/sign-in",
    "POST /api/people/{person}/refresh",
    "POST /api/people/{person}/sign-out",
    "POST /api/pens/pairings",
    "POST /api/pens/pairings/token",
    "GET /healthz",
    "GET /metrics",
    "GET /api/openapi.json",
    "GET /inkcall-ca.crt",
    "GET /{path}",
}
GUARDED = [route for route in ROUTES if isinstance(route.may, Rule)]


@dataclass(kw_only=True)
class Stage:
    """The people, a session of theirs (1), one of others (2), and none (9)."""

    http: Http
    people: dict[str, Person]
    strangers: tuple[Person, Person]

    async def ask(self, route: Route, case: str, token: str = "") -> Any:
        number = OBJECTS[case]
        if case == "own" and isinstance(route.may, Rule) and route.may.of is photos.seat:
            number = RUNNING
        path = route.path
        for name in route.parameters:
            path = path.replace(f"{{{name}}}", f"{name}_{number}")
        given = BODIES.get(route.name)
        more = (
            {} if given is None else {"data" if isinstance(route.body, Binary) else "json": given}
        )
        return await self.http.call(route.method, path, token, **more)

    def target(self, route: Route, role: str, case: str) -> Object | None:
        """Return what the object is by this stage's own knowledge; nothing when there is none."""
        assert isinstance(route.may, Rule)
        loader = route.may.of
        if loader is own:
            return Object(owners=frozenset({self.people[role].id}))
        if loader is whole:
            return WHOLE
        if loader is photos.seat:
            sits = case == "own" and role in ("student", "teacher")
            return Object(owners=frozenset({self.people[role].id} if sits else ()))
        if case == "none":
            return None
        if loader is jobs.owned:
            owner = self.people["student"] if case == "own" else self.strangers[0]
            return Object(owners=frozenset({owner.id}), places=frozenset())
        assert loader in (sessions.session, photos.seen), "a new loader needs a case here"
        if case == "other":
            return Object(owners=frozenset(person.id for person in self.strangers))
        return Object(owners=frozenset({self.people["student"].id, self.people["teacher"].id}))


async def job(http: Http, number: str, owner: Person) -> None:
    """Keep a job that has ended."""
    async with http.kept.database.transaction() as transaction:
        transaction.add(
            JobRow(
                id=f"job_{number}",
                kind="export",
                owner=owner.id,
                payload=b"{}",
                state="done",
                attempts=1,
                due_ms=0,
                progress=100,
                text="",
                created_ms=1,
                ended_ms=http.kept.clock.unix_ms(),
            )
        )


async def session(http: Http, number: str, student: Person, teacher: Person) -> None:
    """Let a session with a photo take place; the one of number 1 has an open room as well."""
    sessions, clock, key = http.kept.sessions, http.kept.clock, f"session_{number}"
    await sessions.create(key, f"c_{number}", student.id, teacher.id, "maths", "", clock.unix_ms())
    photo = PhotoRecord(
        photo=f"photo_{number}",
        session=key,
        member=student.id,
        extension="jpg",
        width=1,
        height=1,
        bytes=3,
        owner=f"session:{key}",
        sha256="",
    )
    await sessions.add_photo(photo, 100)
    stored = http.folder / "objects" / "photos" / key
    stored.mkdir(parents=True, exist_ok=True)
    (stored / f"{photo.photo}.jpg").write_bytes(b"jpg")
    clock.advance(600)
    await sessions.end(key, clock.unix_ms(), "hung_up", FACTS)
    await http.kept.pens.pair(teacher.id, f"pen_{number}", "x")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with http_server(tmp_path) as http:
        student, teacher = await http.kept.student(), await http.kept.teacher()
        others = await http.kept.student("zhao", "赵"), await http.kept.teacher("wuxu", "吴")
        administrator = await http.kept.people.create(
            login="hehaining", password="correct horse", name="何", role="administrator"
        )
        people = {
            "student": student,
            "teacher": teacher,
            "auditor": await http.kept.auditor(),
            "administrator": administrator,
        }
        await session(http, "1", student, teacher)
        await session(http, "2", *others)
        await job(http, "1", student)
        await job(http, "2", others[0])
        now_ms = http.kept.clock.unix_ms()
        await http.kept.sessions.create(
            f"session_{RUNNING}", "c_3", student.id, teacher.id, "maths", "", now_ms
        )
        for number in ("1", RUNNING):
            http.rooms.members |= {(f"session_{number}", one.id) for one in (student, teacher)}
        yield Stage(http=http, people=people, strangers=others)


def test_what_is_public_is_written_here() -> None:
    assert {route.name for route in ROUTES if route not in GUARDED} == PUBLIC_ROUTES
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    harmless = {"read_account", "read_vocabulary", "read_own_sessions"}
    guarded = {
        route.name
        for route in GUARDED
        if isinstance(route.may, Rule) and route.may.action not in harmless
    }
    assert guarded == set(SENSITIVE)


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.name)
async def test_without_a_good_token_nobody_is_let_in(stage: Stage, route: Route) -> None:
    good = await stage.http.token(stage.people["student"])
    for token in ("", "nonsense", f"{good}x"):
        for case in CASES:
            answer = await stage.ask(route, case, token)
            assert answer.status == 401, (token, case)
            assert (await answer.json())["error"]["code"] == "token_invalid"


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.name)
async def test_every_role_gets_what_the_table_says(stage: Stage, route: Route) -> None:
    assert isinstance(route.may, Rule)
    action: Any = route.may.action
    # Others' first: what one does to one's own must not be what refuses the next.
    for row, role in enumerate(ROLES):
        person = stage.people[role]
        token = await stage.http.token(person)
        grants = grants_of(person.id, person.role)
        for case in reversed(CASES):
            answer = await stage.ask(route, case, token)
            code = "" if answer.status < 400 else (await answer.json())["error"]["code"]
            where = (role, case, answer.status, code)
            target = stage.target(route, role, case)
            if not may_ever(grants, action):
                assert (answer.status, code) == (403, "forbidden"), where
            elif target is None or (not may(grants, action, target) and route.may.hidden):
                assert (answer.status, code) == (404, route.may.hidden or "unknown_session"), where
            elif not may(grants, action, target):
                assert (answer.status, code) == (403, "forbidden"), where
            else:
                assert answer.status not in (401, 403), where
                assert answer.status < 500, where
            if route.name in SENSITIVE:
                assert answer.status == SENSITIVE[route.name][row][CASES.index(case)], where


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route not in GUARDED], ids=lambda route: route.name
)
async def test_what_is_public_asks_for_no_token(stage: Stage, route: Route) -> None:
    for token in ("", "nonsense"):
        answer = await stage.ask(route, "none", token)
        if route.status == 200 and answer.status == 401:
            code = (await answer.json())["error"]["code"]
            assert code in route.errors, "the sign-in itself is wrong, not the token of the request"
