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
        her = await available(teacher)
        his = await student.lobby()
        cards = (await his.wait(lobby.Teachers)).teachers
        assert [(c.name, c.presence) for c in cards] == [("陈静怡", "online")]
        assert cards[0].rating is not None
        assert cards[0].labels

        call = await called(his, her, teacher.person["id"])
        incoming = await her.wait(lobby.IncomingCall)
        assert (incoming.name, incoming.grade, incoming.note) == ("林小雨", 8, "第 3 题")
        assert incoming.history
        assert incoming.sessions >= len(incoming.history)
        assert (await his.wait(lobby.Ringing)).call == call
        await his.wait(lobby.TeacherChanged, lambda m: m.teacher.presence == "busy")

        await her.send(lobby.AcceptCall(call=call))
        his_ready, her_ready = (
            await his.wait(lobby.SessionReady),
            await her.wait(lobby.SessionReady),
        )
        assert his_ready.session == her_ready.session
        assert (his_ready.other, her_ready.other) == ("陈静怡", "林小雨")

        his_room = await student.room(his_ready.grant, "web-s")
        her_room = await teacher.room(her_ready.grant, "web-t")
        await her_room.send(
            room.StrokeBegin(n=1, stroke="web-t.1", page="page-1", points=[Point(1, 2, 3, 0)])
        )
        assert (await his_room.wait(room.StrokeBegan)).points == [Point(1, 2, 3, 0)]
        await his_room.send(room.Say(n=1, text="明白了"))
        assert (await her_room.wait(room.Said)).text == "明白了"
        await her_room.send(room.EndSession(n=2))
        assert (await his_room.wait(room.SessionEnded)).reason == "hung_up"
        assert await his_room.closed() == codes.CLOSE_CODES[codes.SESSION_ENDED]

        due = await his.wait(lobby.FormsDue, lambda m: bool(m.forms))
        assert due.forms[0].session == his_ready.session
        assert (await her.wait(lobby.FormsDue, lambda m: bool(m.forms))).forms[0].other == "林小雨"
        await her.wait(lobby.Availability, lambda m: m.presence == "online", skip=1)

    library = Library(tmp_path / "data" / "recordings")
    summary = library.info(his_ready.session)
    assert summary.sealed
    assert not summary.damaged
    board, chat = Board(), list[ChatLine]()
    for payload in library.events(his_ready.session):
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
        her, his = await available(teacher), await student.lobby()
        call = await called(his, her, teacher.person["id"])
        if ending == "decline":
            await her.send(lobby.DeclineCall(call=call))
        elif ending == "cancel":
            await his.send(lobby.CancelCall(call=call))
        expected = {"decline": "declined", "cancel": "cancelled"}.get(ending, ending)
        assert (await his.wait(lobby.CallEnded)).outcome == expected
        assert (await her.wait(lobby.CallEnded)).outcome == expected
        await ping(his, 1)
        await ping(her, 1)
        assert len(his.all(lobby.CallEnded)) == len(her.all(lobby.CallEnded)) == 1


async def test_two_tabs_ring_and_one_answers(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        one = await available(teacher)
        two = await teacher.lobby()
        his = await student.lobby()
        call = await called(his, one, teacher.person["id"])
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
        her, dead = await available(teacher), await student.lobby()
        call = await called(dead, her, teacher.person["id"])
        fresh = await student.lobby()
        await her.send(lobby.AcceptCall(call=call))
        await her.wait(lobby.SessionReady)
        await ping(fresh, 1)
        assert not fresh.all(lobby.SessionReady)
        await dead.socket.close()
        ready = await fresh.wait(lobby.SessionReady)
        his_room = await student.room(ready.grant, "web-s")
        # Who is in, or was, is not sent in again by every tab they close.
        third = await student.lobby()
        await third.wait(lobby.SessionReady)
        await fresh.socket.close()
        await ping(his_room, 2)
        await ping(third, 3)
        assert len(third.all(lobby.SessionReady)) == 1


async def test_a_student_cannot_act_as_a_teacher_nor_an_auditor_enter(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "auditor1") as auditor,
    ):
        his = await student.lobby()
        await his.send(lobby.SetAvailability(available=True))
        assert (await his.wait(Refused)).code == codes.FORBIDDEN
        await his.send(lobby.CallTeacher(teacher=student.person["id"], subject="maths"))
        assert (await his.wait(Refused, skip=1)).code == codes.UNKNOWN_TEACHER
        peer = await auditor.open("/ws/lobby", his.decode)
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
        her, his = await available(teacher), await student.lobby()
        call = await called(his, her, teacher.person["id"])
        await her.send(lobby.AcceptCall(call=call))
        for side in (his, her):
            assert (await side.wait(Refused)).code == codes.RECORDER_UNAVAILABLE
            assert (await side.wait(lobby.CallEnded)).outcome == "failed"
        await her.wait(lobby.Availability, lambda m: m.presence == "online", skip=1)


async def test_draining_refuses_calls_and_ends_sessions_at_the_deadline(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
        client(server.url, "student2") as other,
    ):
        ready, _ = await in_session(student, teacher)
        his_room = await student.room(ready.grant, "web-s")
        waiting = await other.lobby()
        await server.drain(0.2)
        await waiting.wait(Draining)
        assert (await his_room.wait(room.SessionEnded)).reason == "drained"
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
        his_room = await student.room(ready.grant, "web-s")
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
        began = await his_room.wait(room.StrokeBegan)
        assert (began.stroke, began.points) == (f"{told.source}.1", [Point(5, 6, 700, 0)])
        assert (await nib.wait(room.Ack)).n == 1
        await his_room.send(room.EndSession(n=1))
        await nib.wait(pen.PenRoom, lambda m: m.session is None, skip=1)


async def test_calling_in_a_flood_is_refused_and_rings_nobody(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        her, his = await available(teacher), await student.lobby()
        for _ in range(40):
            await his.send(lobby.CallTeacher(teacher=teacher.person["id"], subject="maths"))
            await ping(his, len(his.heard))
            ringing = his.all(lobby.Ringing)
            if len(ringing) > len(his.all(lobby.CallEnded)):
                await his.send(lobby.CancelCall(call=ringing[-1].call))
                await his.wait(lobby.CallEnded, skip=len(ringing) - 1)
        assert his.all(Refused)[-1].code == codes.ALREADY_CALLING
        await ping(her, 1)
        assert len(her.all(lobby.IncomingCall)) < 20


async def test_who_leaves_is_not_heard_any_more(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        his, hers = await in_session(student, teacher)
        his_room = await student.room(his.grant, "web-s")
        her_room = await teacher.room(hers.grant, "web-t")
        await his_room.wait(room.MediaOffer)
        await his_room.send(room.Leave())
        left = await her_room.wait(room.MemberChanged, lambda m: m.member.link == "left")
        before = len(her_room.all(room.Quality))
        await her_room.wait(room.Quality, skip=before + 1)
        shown = {q.member for q in her_room.all(room.Quality)[before + 1 :]}
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
