"""A part that lies elsewhere, in real browsers: its page, its socket, both languages."""

from pathlib import Path

import pytest

from tests.fakes.browser import PHONE, Person, person
from tests.fakes.guestbook import build_pages, guestbook_server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def enter(who: Person, login: str) -> None:
    """Sign in and open the guestbook; it is connected."""
    await who.sign_in(login)
    await who.page.goto(f"{who.url}/guestbook")
    await who.page.locator("[data-testid=guestbook][data-link=open]").wait_for()


async def write(who: Person, text: str) -> None:
    await who.by("line").fill(text)
    await who.by("sign").click()


async def test_two_people_use_the_guestbook(tmp_path: Path) -> None:
    pages = await build_pages(tmp_path)
    settings = {"INKCALL__SERVER__WEB_ROOT": str(pages), "INKCALL__GUESTBOOK__MAX_ENTRIES": "3"}
    async with (
        guestbook_server(tmp_path, **settings) as server,
        person(server.url, viewport=PHONE) as student,
        person(server.url) as teacher,
    ):
        await enter(student, "student1")
        await enter(teacher, "teacher1")
        assert await student.page.locator("h1").inner_text() == "留言簿"
        await student.by("entry").filter(has_text="一次函数终于懂了").wait_for()

        # The other tab hears of it by itself.
        await write(teacher, "下次讲二次函数")
        of_teacher = student.by("entry").filter(has_text="下次讲二次函数")
        await of_teacher.wait_for()
        assert await of_teacher.get_by_test_id("remove").count() == 0
        await teacher.by("wave").click()
        await student.by("waves").wait_for()

        await student.by("language-switch").click()
        await student.page.get_by_role("heading", name="Guestbook").wait_for()
        await write(student, "thank you")
        mine = student.by("entry").filter(has_text="thank you")
        await mine.wait_for()
        await write(student, "one too many")
        await student.by("failed").filter(has_text="The guestbook is full").wait_for()
        await mine.get_by_test_id("remove").click()
        await mine.wait_for(state="detached")

        await teacher.by("leave").click()
        await teacher.page.wait_for_url("**/sign-in**")
        await of_teacher.filter(has_text="has left").wait_for()
        assert [*student.errors, *teacher.errors] == []
