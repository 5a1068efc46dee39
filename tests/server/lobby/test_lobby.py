"""Calls over real sockets: from the lobby into the room and out again, forms at the end."""

from pathlib import Path

import pytest

from recorder.library import Library
from tests.fakes.in_process import quick_server
from tests.fakes.sessions import available, called, in_session
from tests.fakes.wire_client import client, ping
from wire import codes, fold, lobby, pen, room
from wire.board import Board, ChatLine, Point
from wire.codec import decode_event
from wire.common import Draining, Hello, Refused


async def test_a_call_from_the_lobby_to_the_forms(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        teacher_tab = await available(teacher)
        student_tab = await student.lobby()
        cards = (await student_tab.wait(lobby.Teachers)).teachers
        assert [(c.name, c.presence) for c in cards] == [("陈静怡", "online")]
        assert cards[0].rating is not None
        assert cards[0].labels

        call = await called(student_tab, teacher_tab, teacher.person["id"])
        incoming = await teacher_tab.wait(lobby.IncomingCall)
        assert (incoming.name, incoming.grade, incoming.note) == ("林小雨", 8, "第 3 题")
        assert incoming.history
        assert incoming.sessions >= len(incoming.history)
        assert (await student_tab.wait(lobby.Ringing)).call == call
        await student_tab.wait(lobby.TeacherChanged, lambda m: m.teacher.presence == "busy")

        await teacher_tab.send(lobby.AcceptCall(call=call))
        student_ready, teacher_ready = (
            await student_tab.wait(lobby.SessionReady),
            await teacher_tab.wait(lobby.SessionReady),
        )
        assert student_ready.session == teacher_ready.session
        assert (student_ready.other, teacher_ready.other) == ("陈静怡", "林小雨")

        student_room = await student.room(student_ready.grant, "web-s")
        teacher_room = await teacher.room(teacher_ready.grant, "web-t")
        await teacher_room.send(
            room.StrokeBegin(n=1, stroke="web-t.1", page="page-1", points=[Point(1, 2, 3, 0)])
        )
        assert (await student_room.wait(room.StrokeBegan)).points == [Point(1, 2, 3, 0)]
        await student_room.send(room.Say(n=1, text="明白了"))
        assert (await teacher_room.wait(room.Said)).text == "明白了"
        await teacher_room.send(room.EndSession(n=2))
        assert (await student_room.wait(room.SessionEnded)).reason == "hung_up"
        assert await student_room.closed() == codes.CLOSE_CODES[codes.SESSION_ENDED]

        due = await student_tab.wait(lobby.FormsDue, lambda m: bool(m.forms))
        assert due.forms[0].session == student_ready.session
        assert (await teacher_tab.wait(lobby.FormsDue, lambda m: bool(m.forms))).forms[
            0
        ].other == "林小雨"
        await teacher_tab.wait(lobby.Availability, lambda m: m.presence == "online", skip=1)

    library = Library(tmp_path / "data" / "recordings")
    summary = library.info(student_ready.session)
    assert summary.sealed
    assert not summary.damaged
    board, chat = Board(), list[ChatLine]()
    for payload in library.events(student_ready.session):
        fold.apply(board, chat, decode_event(payload))
    assert [line.text for line in chat] == ["明白了"]
    assert board.strokes["web-t.1"].points == [Point(1, 2, 3, 0)]


@pytest.mark.parametrize("ending", ["decline", "cancel", "no_answer"])
async def test_a_call_that_comes_to_nothing_is_told_to_both(tmp_path: Path, ending: str) -> None:
    async with (
        quick_server(tmp_path, calls={"ring_s": 0.3 if ending == "no_answer" else 20}) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        teacher_tab, student_tab = await available(teacher), await student.lobby()
        call = await called(student_tab, teacher_tab, teacher.person["id"])
        if ending == "decline":
            await teacher_tab.send(lobby.DeclineCall(call=call))
        elif ending == "cancel":
            await student_tab.send(lobby.CancelCall(call=call))
        expected = {"decline": "declined", "cancel": "cancelled"}.get(ending, ending)
        assert (await student_tab.wait(lobby.CallEnded)).outcome == expected
        assert (await teacher_tab.wait(lobby.CallEnded)).outcome == expected
        await ping(student_tab, 1)
        await ping(teacher_tab, 1)
        assert len(student_tab.all(lobby.CallEnded)) == len(teacher_tab.all(lobby.CallEnded)) == 1


async def test_two_tabs_ring_and_one_answers(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        one = await available(teacher)
        two = await teacher.lobby()
        student_tab = await student.lobby()
        call = await called(student_tab, one, teacher.person["id"])
        await two.wait(lobby.IncomingCall)
        await two.send(lobby.AcceptCall(call=call))
        assert (await one.wait(lobby.CallEnded)).outcome == "answered_elsewhere"
        await two.wait(lobby.SessionReady)
        await ping(one, 1)
        assert one.all(lobby.SessionReady) == []


async def test_a_reloaded_tab_is_told_of_its_running_session(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        ready, _ = await in_session(student, teacher)
        again = await student.lobby()
        assert (await again.wait(lobby.SessionReady)).session == ready.session


async def test_a_caller_whose_network_changed_goes_in_once_their_dead_socket_is_noticed(
    tmp_path: Path,
) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        teacher_tab, dead = await available(teacher), await student.lobby()
        call = await called(dead, teacher_tab, teacher.person["id"])
        fresh = await student.lobby()
        await teacher_tab.send(lobby.AcceptCall(call=call))
        await teacher_tab.wait(lobby.SessionReady)
        await ping(fresh, 1)
        assert not fresh.all(lobby.SessionReady)
        await dead.socket.close()
        ready = await fresh.wait(lobby.SessionReady)
        student_room = await student.room(ready.grant, "web-s")
        # Who is in, or was, is not sent in again by every tab they close.
        third = await student.lobby()
        await third.wait(lobby.SessionReady)
        await fresh.socket.close()
        await ping(student_room, 2)
        await ping(third, 3)
        assert len(third.all(lobby.SessionReady)) == 1


async def test_a_student_cannot_act_as_a_teacher_nor_an_auditor_enter(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "auditor1") as auditor,
    ):
        student_tab = await student.lobby()
        await student_tab.send(lobby.SetAvailability(available=True))
        assert (await student_tab.wait(Refused)).code == codes.FORBIDDEN
        await student_tab.send(lobby.CallTeacher(teacher=student.person["id"], subject="maths"))
        assert (await student_tab.wait(Refused, skip=1)).code == codes.UNKNOWN_TEACHER
        peer = await auditor.open("/ws/lobby", student_tab.decode)
        await peer.send(Hello(versions=[1], token=auditor.token))
        assert await peer.closed() == codes.CLOSE_CODES[codes.FORBIDDEN]


async def test_a_session_that_cannot_be_recorded_does_not_start_and_says_why(
    tmp_path: Path,
) -> None:
    async with (
        quick_server(tmp_path, recorder={"min_free_bytes": 2**40}) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        teacher_tab, student_tab = await available(teacher), await student.lobby()
        call = await called(student_tab, teacher_tab, teacher.person["id"])
        await teacher_tab.send(lobby.AcceptCall(call=call))
        for side in (student_tab, teacher_tab):
            assert (await side.wait(Refused)).code == codes.RECORDER_UNAVAILABLE
            assert (await side.wait(lobby.CallEnded)).outcome == "failed"
        await teacher_tab.wait(lobby.Availability, lambda m: m.presence == "online", skip=1)


async def test_draining_refuses_calls_and_ends_sessions_at_the_deadline(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
        client(server.url, "student2") as other,
    ):
        ready, _ = await in_session(student, teacher)
        student_room = await student.room(ready.grant, "web-s")
        waiting = await other.lobby()
        await server.drain(0.2)
        await waiting.wait(Draining)
        assert (await student_room.wait(room.SessionEnded)).reason == "drained"
        await waiting.send(lobby.CallTeacher(teacher=teacher.person["id"], subject="maths"))
        assert (await waiting.wait(Refused)).code == codes.DRAINING


async def test_the_pen_writes_into_its_teachers_session_and_nowhere_else(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
        client(server.url) as bridge,
    ):
        token = (tmp_path / "data" / "demo-pen.token").read_text().strip()
        nib = await bridge.pen(token)
        assert (await nib.wait(pen.PenRoom)).session is None
        ready, _ = await in_session(student, teacher)
        student_room = await student.room(ready.grant, "web-s")
        told = await nib.wait(pen.PenRoom, lambda m: m.session is not None)
        stale = room.StrokeBegin(
            n=1, stroke=f"{told.source}.9", paper="3.27.1.1", points=[Point(9, 9, 9, 0)]
        )
        await nib.send(stale)
        await nib.send(pen.PenEnter(session=ready.session))
        await nib.send(
            room.StrokeBegin(
                n=1, stroke=f"{told.source}.1", paper="3.27.1.1", points=[Point(5, 6, 700, 0)]
            )
        )
        began = await student_room.wait(room.StrokeBegan)
        assert (began.stroke, began.points) == (f"{told.source}.1", [Point(5, 6, 700, 0)])
        assert (await nib.wait(room.Ack)).n == 1
        await student_room.send(room.EndSession(n=1))
        await nib.wait(pen.PenRoom, lambda m: m.session is None, skip=1)


async def test_calling_in_a_flood_is_refused_and_rings_nobody(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        teacher_tab, student_tab = await available(teacher), await student.lobby()
        for _ in range(40):
            await student_tab.send(lobby.CallTeacher(teacher=teacher.person["id"], subject="maths"))
            await ping(student_tab, len(student_tab.heard))
            ringing = student_tab.all(lobby.Ringing)
            if len(ringing) > len(student_tab.all(lobby.CallEnded)):
                await student_tab.send(lobby.CancelCall(call=ringing[-1].call))
                await student_tab.wait(lobby.CallEnded, skip=len(ringing) - 1)
        assert student_tab.all(Refused)[-1].code == codes.ALREADY_CALLING
        await ping(teacher_tab, 1)
        assert len(teacher_tab.all(lobby.IncomingCall)) < 20


async def test_who_leaves_is_not_heard_any_more(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        student_tab, teacher_other = await in_session(student, teacher)
        student_room = await student.room(student_tab.grant, "web-s")
        teacher_room = await teacher.room(teacher_other.grant, "web-t")
        await student_room.wait(room.MediaOffer)
        await student_room.send(room.Leave())
        left = await teacher_room.wait(room.MemberChanged, lambda m: m.member.link == "left")
        before = len(teacher_room.all(room.Quality))
        await teacher_room.wait(room.Quality, skip=before + 1)
        shown = {q.member for q in teacher_room.all(room.Quality)[before + 1 :]}
        assert left.member.member not in shown


async def test_both_tabs_of_a_student_are_told_of_their_form(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        ready, theirs = await in_session(student, teacher)
        tabs = [await student.lobby(), await student.lobby()]
        room_tab = await student.room(ready.grant, "web-s")
        await teacher.room(theirs.grant, "web-t")
        await room_tab.send(room.Say(n=1, text="明白了"))
        await room_tab.send(room.EndSession(n=2))
        for tab in tabs:
            due = await tab.wait(lobby.FormsDue, lambda m: bool(m.forms))
            assert due.forms[0].session == ready.session
