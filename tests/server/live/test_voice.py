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
        his, hers = await in_session(student, teacher)
        his_room = await student.room(his.grant, "web-s")
        her_room = await teacher.room(hers.grant, "web-t")
        await his_room.send(room.EndSession(n=1))
        for _ in range(20):
            await his_room.send(room.MediaRestart(fresh=True))
        await his_room.closed()
        await her_room.closed()
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
        his, hers = await in_session(student, teacher)
        his_room = await student.room(his.grant, "web-s")
        her_room = await teacher.room(hers.grant, "web-t")
        for _ in range(100):
            await his_room.send(room.MediaRestart(fresh=True))
        await ping(his_room, 1)
        assert len(his_room.all(room.MediaOffer)) < 30
        assert {refused.code for refused in his_room.all(Refused)} == {codes.NO_MEDIA}
        await her_room.send(room.MediaRestart(fresh=True))
        await her_room.wait(room.MediaOffer, skip=1)


async def test_without_a_place_for_their_voice_a_member_still_has_ink_and_text(
    tmp_path: Path,
) -> None:
    async with (
        quick_server(tmp_path, media={"max_legs": 1}) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        his, hers = await in_session(student, teacher)
        his_room = await student.room(his.grant, "web-s")
        her_room = await teacher.room(hers.grant, "web-t")
        assert (await her_room.wait(Refused)).code == codes.NO_MEDIA
        await her_room.send(room.Say(n=1, text="写下来吧"))
        await his_room.wait(room.Said)
