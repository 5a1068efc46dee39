"""A room's voices when tabs ask for too much, too late, or when there is no place left."""

from pathlib import Path

import pytest

from server.media.endpoint import MediaEndpoint
from tests.fakes.in_process import quick_server
from tests.fakes.sessions import in_session
from tests.fakes.wire_client import client, ping
from wire import codes, room
from wire.common import Refused


@pytest.fixture
def legs(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return every leg that opens and is not yet forgotten."""
    standing: list[object] = []
    open_leg, forget = MediaEndpoint.open_leg, MediaEndpoint.forget

    def opened(self: MediaEndpoint, *args, **named):  # type: ignore[no-untyped-def]
        standing.append(leg := open_leg(self, *args, **named))
        return leg

    def forgotten(self: MediaEndpoint, leg):  # type: ignore[no-untyped-def]
        forget(self, leg)
        standing.remove(leg)

    monkeypatch.setattr(MediaEndpoint, "open_leg", opened)
    monkeypatch.setattr(MediaEndpoint, "forget", forgotten)
    return standing


async def test_a_tab_that_hangs_up_and_asks_on_leaves_no_leg_behind(
    tmp_path: Path, legs: list[object]
) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        student_ready, teacher_ready = await in_session(student, teacher)
        student_room = await student.room(student_ready.grant, "web-s")
        teacher_room = await teacher.room(teacher_ready.grant, "web-t")
        await student_room.send(room.EndSession(n=1))
        for _ in range(20):
            await student_room.send(room.MediaRestart(fresh=True))
        await student_room.closed()
        await teacher_room.closed()
        await server.drain(5)
        assert legs == []


async def test_a_flood_of_restarts_is_refused_and_the_other_side_keeps_its_voice(
    tmp_path: Path,
) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        student_ready, teacher_ready = await in_session(student, teacher)
        student_room = await student.room(student_ready.grant, "web-s")
        teacher_room = await teacher.room(teacher_ready.grant, "web-t")
        for _ in range(100):
            await student_room.send(room.MediaRestart(fresh=True))
        await ping(student_room, 1)
        assert len(student_room.all(room.MediaOffer)) < 30
        assert {refused.code for refused in student_room.all(Refused)} == {codes.NO_MEDIA}
        await teacher_room.send(room.MediaRestart(fresh=True))
        await teacher_room.wait(room.MediaOffer, skip=1)


async def test_without_a_place_for_their_voice_a_member_still_has_ink_and_text(
    tmp_path: Path,
) -> None:
    async with (
        quick_server(tmp_path, media={"max_legs": 1}) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        student_ready, teacher_ready = await in_session(student, teacher)
        student_room = await student.room(student_ready.grant, "web-s")
        teacher_room = await teacher.room(teacher_ready.grant, "web-t")
        assert (await teacher_room.wait(Refused)).code == codes.NO_MEDIA
        await teacher_room.send(room.Say(n=1, text="写下来吧"))
        await student_room.wait(room.Said)
