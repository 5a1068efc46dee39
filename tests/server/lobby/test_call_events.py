"""Calls in the event log: every way of ending, in order, by ids only."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from base.db import Database
from base.eventlog import EventRow
from base.events import DomainEvent, event_name
from matching.events import CallAnswered, CallAsked, CallEnded, CallProposed
from matching.model import Effect, Rules, Switchboard
from server.lobby.call_events import CallEvents
from tests.fakes.in_process import quick_config, quick_server
from tests.fakes.sessions import available, called
from tests.fakes.wire_client import client
from wire import lobby


class Told:
    """Stands in for the bus."""

    def __init__(self) -> None:
        self.events: list[DomainEvent] = []
        self.actors: list[str] = []

    def __call__(self, event: DomainEvent, *, actor: str = "") -> None:
        self.events.append(event)
        self.actors.append(actor)


class Calls:
    """A switchboard whose decisions are told, with one teacher and one student."""

    def __init__(self) -> None:
        self.board = Switchboard(Rules(ring_s=20))
        self.told = Told()
        self.events = CallEvents(self.told)
        self.board.teacher_connected("t", "chen", 0)
        self.board.student_connected("s", "lin", 0)

    def call(self) -> None:
        effects = self.board.call("s", "lin", "chen", "maths", "a secret note", "c", 0)
        self.events.asked("c", "lin", "chen", "maths", 20_000 if len(effects) > 2 else None)
        self.carry(effects)

    def carry(self, effects: list[Effect]) -> None:
        self.events.carried(effects)


WAYS: dict[str, tuple[Callable[[Switchboard], list[Effect]], str, str]] = {
    "cancelled": (lambda board: board.cancel("lin", "c"), "student", "lin"),
    "declined": (lambda board: board.decline("chen", "c"), "teacher", "chen"),
    "no_answer": (lambda board: board.on_timeout(21), "time", ""),
}


@pytest.mark.parametrize("reason", WAYS)
def test_a_call_that_rang_is_asked_proposed_and_ended_once(reason: str) -> None:
    way, by, actor = WAYS[reason]
    calls = Calls()
    calls.board.set_available("chen", True)
    calls.call()
    calls.carry(way(calls.board))
    asked, proposed, ended = calls.told.events
    assert asked == CallAsked(call_id="c", student_id="lin", teacher_id="chen", subject="maths")
    assert isinstance(proposed, CallProposed)
    assert isinstance(ended, CallEnded)
    assert (ended.reason, ended.ended_by) == (reason, by)
    assert calls.told.actors == ["lin", "", actor]


def test_a_call_that_did_not_ring_is_asked_and_ended_by_the_server() -> None:
    calls = Calls()
    calls.call()
    asked, ended = calls.told.events
    assert isinstance(asked, CallAsked)
    assert isinstance(ended, CallEnded)
    assert (ended.reason, ended.ended_by) == ("unavailable", "server")


async def test_a_call_over_real_sockets_is_in_the_log_without_names_or_the_note(
    tmp_path: Path,
) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        door, caller = await available(teacher), await student.lobby()
        call = await called(caller, door, teacher.person["id"])
        await door.send(lobby.AcceptCall(call=call))
        await caller.wait(lobby.SessionReady)
    # What was given to the log is written at the latest when the server goes down.
    database = Database(quick_config(tmp_path).database_url)
    async with database.reading() as transaction:
        query = select(EventRow).where(EventRow.scope == f"call:{call}").order_by(EventRow.id)
        kept = list(await transaction.scalars(query))
    await database.close()
    assert [one.name for one in kept] == [
        event_name(kind) for kind in (CallAsked, CallProposed, CallAnswered, CallEnded)
    ]
    assert [one.actor for one in kept] == [
        student.person["id"],
        "",
        teacher.person["id"],
        teacher.person["id"],
    ]
    for one in kept:
        assert not any(word in one.body.decode() for word in ("第 3 题", "林小雨", "陈静怡"))


async def test_a_call_does_not_wait_for_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        door, caller = await available(teacher), await student.lobby()
        locked = sqlite3.connect(tmp_path / "data" / "inkcall.db", isolation_level=None)
        locked.execute("BEGIN IMMEDIATE")
        call = await called(caller, door, teacher.person["id"])
        await caller.send(lobby.CancelCall(call=call))
        assert (await caller.wait(lobby.CallEnded)).outcome == "cancelled"
        locked.execute("ROLLBACK")
        locked.close()


def test_what_a_student_cancels_while_the_room_is_made_ends_by_the_student() -> None:
    calls = Calls()
    calls.board.set_available("chen", True)
    calls.call()
    calls.carry(calls.board.accept("t", "chen", "c"))
    calls.carry(calls.board.cancel("lin", "c"))
    calls.carry(calls.board.session_started("c", "s_1"))
    assert [event_name(type(one)) for one in calls.told.events] == [
        "call_asked",
        "call_proposed",
        "call_answered",
        "call_ended",
    ]
    assert calls.told.actors[-1] == "lin"
