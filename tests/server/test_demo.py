"""Demo data: made once, and enough to see ratings, history and a paired pen."""

import stat
from pathlib import Path

from server import demo
from tests.fakes.services import Kept, kept


async def seeded(services: Kept) -> None:
    await demo.seed(
        services.config, services.people, services.pens, services.sessions, services.clock
    )


async def test_demo_people_can_sign_in_and_have_a_past(tmp_path: Path) -> None:
    async with kept(tmp_path) as services:
        await seeded(services)
        signed_in = {
            account["login"]: await services.people.sign_in(
                account["login"], demo.PASSWORD, "192.0.2.1"
            )
            for account in demo.ACCOUNTS
        }
        student, teacher = signed_in["student1"].person, signed_in["teacher1"].person
        assert await services.sessions.count(student.id) == 4
        assert all(row.valid for row in await services.sessions.history(student.id))
        standing = await services.sessions.standing([teacher.id])
        assert standing[teacher.id].rated == 3
        assert standing[teacher.id].labels[0].label in ("patient", "step_by_step")
        for one in signed_in.values():
            assert await services.sessions.forms_due(one.person.id, one.person.role) == []


async def test_doing_it_again_changes_nothing(tmp_path: Path) -> None:
    async with kept(tmp_path) as services:
        await seeded(services)
        file = tmp_path / demo.PEN_FILE
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        token = file.read_text().strip()
        before = await services.people.teachers()
        await seeded(services)
        assert await services.people.teachers() == before
        assert file.read_text().strip() == token
        pen = await services.pens.verify(token)
        assert (pen.pen_id, pen.teacher_id) == (demo.PEN, before[-1].id)
        file.unlink()
        await seeded(services)
        again = await services.pens.verify(file.read_text().strip())
        assert (again.pen_id, again.teacher_id) == (pen.pen_id, pen.teacher_id)
