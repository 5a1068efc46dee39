"""Every page as its users meet it: by keyboard, with a photo, muted, paired, and for axe-core."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.fakes.browser import PHONE, Person, person
from tests.fakes.calls import begin, hang_up, two_people
from tests.fakes.processes import ROOT, ServerProcess, running_server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


async def assert_accessible(who: Person, where: str) -> None:
    """Nothing serious or critical in axe-core's eyes."""
    # Evaluated and not added as a script tag: the pages' own policy forbids foreign scripts.
    await who.page.evaluate(AXE.read_text())
    result: dict[str, Any] = await who.page.evaluate(
        "() => axe.run(document, {resultTypes: ['violations']})"
    )
    bad = [
        (v["id"], v["impact"], [node["html"][:160] for node in v["nodes"]][:3])
        for v in result["violations"]
        if v["impact"] in ("serious", "critical")
    ]
    assert bad == [], f"{where}: {json.dumps(bad, ensure_ascii=False, indent=1)}"


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
async def test_axe_finds_nothing_serious_on_any_page(tmp_path: Path, locale: str) -> None:
    async with running_server(tmp_path) as server:
        async with (
            person(server.url, viewport=PHONE, locale=locale) as student,
            person(server.url, locale=locale) as teacher,
        ):
            if locale == "en":
                for who in (student, teacher):
                    await who.page.goto(server.url)
                    await who.by("login").wait_for()
                    if await who.page.evaluate("document.documentElement.lang") != "en":
                        await who.page.get_by_text("English").first.click()
            await student.page.goto(server.url)
            await student.by("login").wait_for()
            await assert_accessible(student, "sign-in, phone")
            await teacher.sign_in("teacher1")
            await student.sign_in("student1")
            await assert_accessible(teacher, "teacher home")
            await assert_accessible(student, "student home, empty")
            await teacher.open_door()
            await student.by("teacher-card").first.wait_for()
            await assert_accessible(student, "student home")
            await student.by("history-link").click()
            await student.by("history-row").first.wait_for()
            await assert_accessible(student, "history")
            await student.page.go_back()
            await student.by("teacher-card").first.click()
            await student.by("call-start").wait_for()
            await student.page.wait_for_timeout(400)  # axe sees half-faded text otherwise
            await assert_accessible(student, "call sheet")
            await student.by("call-start").click()
            await student.by("ringing").wait_for()
            await teacher.by("accept").wait_for()
            await student.page.wait_for_timeout(400)
            await assert_accessible(student, "ringing")
            await assert_accessible(teacher, "incoming call")
            await teacher.by("accept").click()
            await student.in_call()
            await teacher.in_call()
            await assert_accessible(student, "session, phone")
            await assert_accessible(teacher, "console")
            await student.by("chat-button").click()
            await student.page.wait_for_timeout(400)
            await assert_accessible(student, "chat, phone")
            await student.page.keyboard.press("Escape")
            await teacher.by("end-session").click()
            await teacher.page.get_by_role("dialog").get_by_role("button").last.click()
            await student.by("rating-form").wait_for()
            await teacher.by("report-form").wait_for()
            await student.page.wait_for_timeout(400)
            await assert_accessible(student, "rating form")
            await assert_accessible(teacher, "report form")
        async with person(server.url, locale=locale) as auditor:
            await auditor.sign_in("auditor1")
            row = auditor.page.locator("[data-testid^=open-]").first
            await row.wait_for()
            await assert_accessible(auditor, "recordings")
            await row.click()
            await auditor.by("replay").wait_for()
            await auditor.page.wait_for_timeout(500)
            await assert_accessible(auditor, "replay")


async def test_a_photo_goes_up_stripped_and_both_see_it(tmp_path: Path) -> None:
    photo = tmp_path / "IMG_0001.jpg"
    picture = Image.new("RGB", (1200, 800), (250, 240, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned: the camera was held upright
    exif[0x010F] = "Invented Camera"
    picture.save(photo, exif=exif)
    async with (
        running_server(tmp_path) as server,
        two_people(server.url, server.url) as (student, teacher),
    ):
        await begin(student, teacher)
        await student.by("photo-file").first.set_input_files(photo)
        board = await teacher.until_board(
            lambda b: any(p["kind"] == "photo" and p["page"] == b["open_page"] for p in b["pages"])
        )
        page = next(page for page in board["pages"] if page["kind"] == "photo")
        assert page["height"] > page["width"], "turned upright"
        # Stored under its digest before the page is there, so nothing has to be waited for.
        stored = [*(server.data / "objects").rglob(f"*{page['photo_sha256']}*")]
        assert len(stored) == 1, "kept once, under what the page says"
        assert hashlib.sha256(stored[0].read_bytes()).hexdigest() == page["photo_sha256"]
        with Image.open(stored[0]) as kept:
            assert kept.size[1] > kept.size[0]
            assert dict(kept.getexif()) == {}
        await hang_up(teacher)
        await student.by("rating-form").wait_for()


async def test_mute_is_shown_to_the_other_side(tmp_path: Path) -> None:
    async with (
        running_server(tmp_path) as server,
        two_people(server.url, server.url) as (student, teacher),
    ):
        await begin(student, teacher)
        await student.by("mute").click()
        await teacher.by("student-muted").wait_for()
        await student.by("mute").click()
        await teacher.by("student-muted").wait_for(state="detached")


async def test_declining_and_cancelling_are_told_kindly(tmp_path: Path) -> None:
    async with (
        running_server(tmp_path) as server,
        two_people(server.url, server.url) as (student, teacher),
    ):
        await student.call("陈静怡")
        await teacher.by("decline").click()
        await student.by("outcome-another").click()
        await student.call("陈静怡")
        await teacher.by("accept").wait_for()
        await student.by("ring-cancel").click()
        await teacher.by("accept").wait_for(state="hidden")


async def test_a_call_by_keyboard_alone(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, person(server.url) as teacher:
        await teacher.page.goto(server.url)
        await type_in(teacher, "login", "teacher1")
        await type_in(teacher, "password", "inkcall-demo")
        await teacher.page.keyboard.press("Enter")
        await tab_to(teacher, "availability")
        await teacher.page.keyboard.press("Space")
        async with person(server.url, viewport=PHONE) as student:
            await student.page.goto(server.url)
            await type_in(student, "login", "student1")
            await type_in(student, "password", "inkcall-demo")
            await student.page.keyboard.press("Enter")
            await student.by("teacher-card").first.wait_for()
            await tab_into(student, "teacher-card")
            await student.page.keyboard.press("Enter")
            await student.by("call-start").wait_for()
            await tab_to(student, "call-start")
            await student.page.keyboard.press("Enter")
            await teacher.by("accept").wait_for()
            await tab_to(teacher, "accept")
            await teacher.page.keyboard.press("Enter")
            await student.in_call()
            await tab_to(student, "end-session")
            await student.page.keyboard.press("Enter")
            await student.by("end-confirm").wait_for()
            await tab_to(student, "end-confirm")
            await student.page.keyboard.press("Enter")
            await student.by("rating-form").wait_for()


async def type_in(who: Person, test_id: str, text: str) -> None:
    await who.by(test_id).wait_for()
    await tab_to(who, test_id)
    await who.page.keyboard.type(text)


async def tab_to(who: Person, test_id: str) -> None:
    """Press Tab until the element, or its part that takes the focus, has it."""
    await who.by(test_id).first.wait_for()
    for _ in range(60):
        if await who.page.evaluate(
            "(id) => !!document.activeElement?.closest(`[data-testid=${id}]`)", test_id
        ):
            return
        await who.page.keyboard.press("Tab")
    raise AssertionError(f"{test_id} cannot be reached by the keyboard")


async def tab_into(who: Person, test_id: str) -> None:
    """Press Tab until something inside the element has the focus."""
    await tab_to(who, test_id)


async def test_a_pen_is_paired_by_its_code_and_writes(tmp_path: Path) -> None:
    async with (
        running_server(tmp_path) as server,
        two_people(server.url, server.url) as (student, teacher),
    ):
        token = await pair(server, teacher)
        assert token
        await begin(student, teacher)


async def pair(server: ServerProcess, teacher: Person) -> str:
    """Begin a pairing as a bridge does, confirm its code in the page, and fetch the credential."""
    request = teacher.page.request
    begun = await (
        await request.post(
            f"{server.url}/api/pens/pairings", data={"pen": "n2-test", "model": "virtual"}
        )
    ).json()
    await teacher.by("pen-pair").click()
    await teacher.by("pen-code").locator("visible=true").last.fill(begun["user_code"])
    await teacher.by("pen-submit").click()
    async with asyncio.timeout(20):
        while True:
            answer = await request.post(
                f"{server.url}/api/pens/pairings/token",
                data={"device_code": begun["device_code"]},
            )
            if answer.ok:
                break
            await asyncio.sleep(begun["interval"])
    await teacher.by("pen-n2-test").wait_for()
    return str((await answer.json())["token"])
