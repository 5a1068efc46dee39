"""Beginnings and ends of sessions when something fails at the worst moment."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from recorder.member import RecorderMember
from sessions.service import SessionService
from tests.fakes.in_process import quick_server
from tests.fakes.sessions import available, called, in_session
from tests.fakes.wire_client import client
from wire import codes, lobby
from wire.common import Refused


async def test_a_session_that_cannot_be_closed_in_the_database_does_not_stop_the_drain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> bool:
        raise OSError("disk I/O error")

    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        await in_session(student, teacher)
        monkeypatch.setattr(SessionService, "end", broken)
        async with asyncio.timeout(5):
            await server.drain(0.1)


async def test_a_recorder_that_fails_while_the_room_is_made_lets_no_session_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorders: list[RecorderMember] = []
    open_, create = RecorderMember.open, SessionService.create

    async def opened(*args: Any, **named: Any) -> RecorderMember:
        recorders.append(await open_(*args, **named))
        return recorders[-1]

    async def created(*args: Any, **named: Any) -> None:
        await create(*args, **named)
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, recorders[-1].descriptor)
        os.close(full)
        async with asyncio.timeout(5):
            while recorders[-1].failed is None:
                await asyncio.sleep(0.01)

    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        monkeypatch.setattr(RecorderMember, "open", opened)
        monkeypatch.setattr(SessionService, "create", created)
        her, his = await available(teacher), await student.lobby()
        await her.send(lobby.AcceptCall(call=await called(his, her, teacher.person["id"])))
        for side in (his, her):
            assert (await side.wait(Refused)).code == codes.RECORDER_UNAVAILABLE
            assert (await side.wait(lobby.CallEnded)).outcome == "failed"
        await her.wait(lobby.Availability, lambda m: m.presence == "online", skip=1)


async def test_a_room_still_being_made_at_the_deadline_of_the_drain_ends_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    making, go_on = asyncio.Event(), asyncio.Event()
    create = SessionService.create

    async def slow(*args: Any, **named: Any) -> None:
        await create(*args, **named)
        making.set()
        await go_on.wait()

    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        monkeypatch.setattr(SessionService, "create", slow)
        her, his = await available(teacher), await student.lobby()
        await her.send(lobby.AcceptCall(call=await called(his, her, teacher.person["id"])))
        async with asyncio.timeout(5):
            await making.wait()
            draining = asyncio.create_task(server.drain(0.1))
            done, _ = await asyncio.wait({draining}, timeout=0.5)
            assert not done
            go_on.set()
            await draining
        assert (await his.wait(Refused)).code == codes.DRAINING
        assert (await his.wait(lobby.CallEnded)).outcome == "failed"
        async with student.http.get(
            f"{server.url}/api/sessions/mine", headers=student.headers
        ) as response:
            rows = (await response.json())["sessions"]
        assert rows[0]["reason"] == "drained"
