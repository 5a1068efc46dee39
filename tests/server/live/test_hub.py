"""Beginnings and ends of sessions when something fails at the worst moment."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from base.errors import Refusal
from base.part import Part, Process
from recorder.library import Library
from recorder.member import RecorderMember
from server.app import PARTS, serving
from server.live import hub as hub_module
from server.live.hub import Hub
from server.live.outputs import Opening
from sessions.service import SessionService
from tests.fakes.in_process import quick_config, quick_server
from tests.fakes.sessions import available, called, in_session
from tests.fakes.wire_client import client
from wire import codes, lobby, room as wire
from wire.codec import decode_event
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


async def test_an_end_that_cannot_be_written_is_written_as_soon_as_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "_FIRST_WAIT_S", 0.01)
    tries, written, end = [], asyncio.Event(), SessionService.end

    async def on_a_full_disk(*given: Any) -> bool:
        tries.append(given)
        if len(tries) < 3:
            raise OSError("database or disk is full")
        ended = await end(*given)
        written.set()
        return ended

    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        ready, _ = await in_session(student, teacher)
        monkeypatch.setattr(SessionService, "end", on_a_full_disk)
        room = await student.room(ready.grant, "web-s")
        await room.send(wire.EndSession(n=1))
        async with asyncio.timeout(5):
            await written.wait()
        # Every try says the same: when it ended, why, and what was done in it.
        assert len({(session, at, why) for _, session, at, why, _ in tries}) == 1
        assert {why for _, _, _, why, _ in tries} == {"hung_up"}


async def test_a_part_that_fails_at_a_session_holds_up_neither_it_nor_the_other_parts(
    tmp_path: Path,
) -> None:
    told: list[str] = []

    def fail(*_: object) -> None:
        raise RuntimeError("not this one")

    @asynccontextmanager
    async def start(process: Process) -> AsyncIterator[None]:
        hub = process.need(Hub)
        hub.on_opened.insert(0, fail)
        hub.on_ended.insert(0, fail)
        hub.on_ended.append(told.append)
        yield

    part = Part(name="failing", start=start)
    async with (
        serving(quick_config(tmp_path), with_demo=True, parts=(*PARTS, part)) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        ready, _ = await in_session(student, teacher)
        async with asyncio.timeout(5):
            await server.drain(0)
        assert told == [ready.session]


async def test_the_log_tells_whose_session_began_by_ids_alone(tmp_path: Path) -> None:
    with capture_logs() as lines:
        async with (
            quick_server(tmp_path) as server,
            client(server.url, "student1") as student,
            client(server.url, "teacher1") as teacher,
        ):
            ready, _ = await in_session(student, teacher)
            sides = {"student": student.person, "teacher": teacher.person}
    opened = next(line for line in lines if line["event"] == "session_opened")
    assert opened["session"] == ready.session
    assert {role: opened[role] for role in sides} == {r: who["id"] for r, who in sides.items()}
    assert not any(who["name"] in str(lines) for who in sides.values())


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
        teacher_side, student_side = await available(teacher), await student.lobby()
        await teacher_side.send(
            lobby.AcceptCall(call=await called(student_side, teacher_side, teacher.person["id"]))
        )
        for side in (student_side, teacher_side):
            assert (await side.wait(Refused)).code == codes.RECORDER_UNAVAILABLE
            assert (await side.wait(lobby.CallEnded)).outcome == "failed"
        await teacher_side.wait(lobby.Availability, lambda m: m.presence == "online", skip=1)


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
        teacher_side, student_side = await available(teacher), await student.lobby()
        await teacher_side.send(
            lobby.AcceptCall(call=await called(student_side, teacher_side, teacher.person["id"]))
        )
        async with asyncio.timeout(5):
            await making.wait()
            draining = asyncio.create_task(server.drain(0.1))
            done, _ = await asyncio.wait({draining}, timeout=0.5)
            assert not done
            go_on.set()
            await draining
        assert (await student_side.wait(Refused)).code == codes.DRAINING
        assert (await student_side.wait(lobby.CallEnded)).outcome == "failed"
        async with student.http.get(
            f"{server.url}/api/sessions/mine", headers=student.headers
        ) as response:
            rows = (await response.json())["sessions"]
        assert rows[0]["reason"] == "drained"


class _Export:
    """An output of another part."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.events: list[wire.Event] = []
        self.sealed: list[str] = []

    def event(self, at_us: int, frame: bytes) -> None:
        self.events.append(decode_event(frame))

    def voice(self, member: str, packet: bytes, at_us: int) -> None: ...

    def left_out(self, reason: str) -> None: ...

    async def seal(self, reason: str) -> None:
        self.sealed.append(reason)


def exporting(exports: list[_Export], refusal: Refusal | None = None) -> Part:
    """A part whose output is opened after the recorder, and may refuse."""

    @asynccontextmanager
    async def start(process: Process) -> AsyncIterator[None]:
        async def open_export(opening: Opening) -> _Export:
            if refusal is not None:
                raise refusal
            exports.append(_Export(opening))
            return exports[-1]

        process.need(Hub).outputs.append(open_export)
        yield

    return Part(name="exporting", start=start, needs=("live",))


async def test_a_part_hears_a_room_from_its_first_event_to_its_seal_as_the_recorder_does(
    tmp_path: Path,
) -> None:
    exports: list[_Export] = []
    parts = (*PARTS, exporting(exports))
    async with (
        serving(quick_config(tmp_path), with_demo=True, parts=parts) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        student_side, _ = await in_session(student, teacher)
        (export,) = exports
        room = await student.room(student_side.grant, "web-s")
        await room.send(wire.Say(n=1, text="你好"))
        await room.send(wire.EndSession(n=2))
        await room.closed()
        async with asyncio.timeout(5):
            await server.drain(5)
        assert export.sealed == ["hung_up"]
        assert export.opening.session == student_side.session
        assert [place.role for place in export.opening.places] == ["student", "teacher"]
        recorded = Library(tmp_path / "data" / "recordings").events(student_side.session)
        assert export.events == [decode_event(payload) for payload in recorded]


async def test_an_output_that_refuses_means_no_session_and_those_before_it_are_sealed(
    tmp_path: Path,
) -> None:
    parts = (*PARTS, exporting([], Refusal(codes.FULL, "no more exports")))
    async with (
        serving(quick_config(tmp_path), with_demo=True, parts=parts) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        teacher_side, student_side = await available(teacher), await student.lobby()
        await teacher_side.send(
            lobby.AcceptCall(call=await called(student_side, teacher_side, teacher.person["id"]))
        )
        assert (await student_side.wait(Refused)).code == codes.FULL
        assert (await student_side.wait(lobby.CallEnded)).outcome == "failed"
        library = Library(tmp_path / "data" / "recordings")
        (session,) = library.sessions()
        assert library.info(session).sealed


async def test_a_recorder_that_cannot_take_an_event_ends_the_session_for_that_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        student_side, _ = await in_session(student, teacher)
        room = await student.room(student_side.grant, "web-s")
        await room.wait(wire.Snapshot)

        def full(*_: Any) -> None:
            raise MemoryError

        monkeypatch.setattr(RecorderMember, "event", full)
        await room.send(wire.Say(n=1, text="你好"))
        assert (await room.wait(wire.SessionEnded)).reason == "recorder_failed"
