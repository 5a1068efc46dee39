"""Outputs: members and audience are apart, and one output's trouble is not the others'."""

from typing import Any

import pytest

from server.live.live_room import LiveRoom
from server.room.room import Place, Room, RoomLimits
from tests.fakes.clock import FakeClock
from wire import room as wire
from wire.codec import decode_event
from wire.common import Message


class _Socket:
    """As much of a socket as a room touches."""

    def __init__(self, key: str) -> None:
        self.id = key
        self.sent: list[Message] = []
        self.frames: list[bytes] = []
        self.closed_with = ""
        self.broken = False

    def send(self, message: Message) -> None:
        self.sent.append(message)

    def send_frame(self, frame: bytes) -> None:
        if self.broken:
            raise ConnectionError("gone")
        self.frames.append(frame)

    def send_latest(self, key: str, message: Message, *, may_wait: bool = False) -> None:
        pass

    def close(self, code: str) -> None:
        self.closed_with = code


class _Kept:
    """An output that keeps, as the recorder does, or breaks."""

    def __init__(self, *, broken: bool = False, deaf: bool = False) -> None:
        self.broken = broken
        self.deaf = deaf
        self.left: list[str] = []
        self.events: list[tuple[int, wire.Event]] = []
        self.voices: list[tuple[str, bytes, int]] = []
        self.sealed = ""

    def event(self, at_us: int, frame: bytes) -> None:
        if self.broken:
            raise OSError("no space")
        self.events.append((at_us, decode_event(frame)))

    def voice(self, member: str, packet: bytes, at_us: int) -> None:
        if self.deaf:
            raise ValueError("no such voice")
        self.voices.append((member, packet, at_us))

    async def seal(self, reason: str) -> None:
        if self.broken:
            raise OSError("no space")
        self.sealed = reason

    def left_out(self, reason: str) -> None:
        self.left.append(reason)


class _Voices:
    def __getattr__(self, name: str) -> Any:
        return lambda *_args, **_more: []


class _Live:
    """A live room of one or two members, with its clock."""

    def __init__(self, *roles: str) -> None:
        self.clock = FakeClock(100.0)
        self.ended: list[str] = []
        self.recorder = _Kept()
        places = [Place(f"p_{role}", role, role) for role in roles]  # type: ignore[arg-type]
        room = Room("s_1", places, RoomLimits(grace_s=60), self.clock.now())
        self.room = LiveRoom(
            room,
            [self.recorder],
            self.clock,
            lambda *_: _Voices(),  # type: ignore[arg-type]
            lambda _live, reason: self.ended.append(reason),
        )

    def enter(self, role: str) -> _Socket:
        socket = _Socket(f"c_{role}")
        self.room.join(socket, f"p_{role}", wire.Join(grant="", source=f"web-{role}"))  # type: ignore[arg-type]
        return socket

    def say(self, socket: _Socket, n: int, text: str) -> None:
        self.clock.advance(0.0125)
        self.room.received(socket, wire.Say(n=n, text=text))  # type: ignore[arg-type]

    def hear(self, key: str, seq: int | None = None) -> _Socket:
        socket = _Socket(key)
        self.room.audience.join(socket, f"p_{key}", seq, self.clock.now())  # type: ignore[arg-type]
        return socket


async def test_three_hundred_listeners_come_and_go_and_no_member_hears_of_it() -> None:
    live = _Live("teacher", "student")
    live.room.open()
    teacher, student = live.enter("teacher"), live.enter("student")
    events, frames = len(live.recorder.events), len(teacher.frames)
    listeners = [live.hear(f"l{n}") for n in range(300)]
    for listener in listeners[:150]:
        live.room.audience.leave(listener)  # type: ignore[arg-type]
    assert (len(live.recorder.events), len(teacher.frames)) == (events, frames)
    live.say(student, 1, "你好")
    assert [len(each.frames) for each in listeners] == [0] * 150 + [1] * 150
    assert len(teacher.frames) == frames + 1
    assert live.ended == []


async def test_losing_one_of_three_hundred_listeners_costs_the_others_nothing() -> None:
    live = _Live("teacher", "student")
    live.room.open()
    teacher, student = live.enter("teacher"), live.enter("student")
    listeners = [live.hear(f"l{n}") for n in range(300)]
    events, frames = len(live.recorder.events), len(teacher.frames)
    for listener in listeners[10:20]:
        listener.broken = True
    live.say(student, 1, "one")
    live.say(student, 2, "two")
    assert sum(len(each.frames) for each in listeners) == 2 * 290
    assert len(live.room.audience) == 290
    assert len(teacher.frames) == frames + 2
    assert len(live.recorder.events) == events + 2, "what was said, and nothing about who hears"
    assert live.ended == []
    await live.room.seal("hung_up")
    assert {each.closed_with for each in listeners[20:]} == {"session_ended"}


async def test_a_tab_that_cannot_be_sent_to_is_closed_and_the_other_hears_on() -> None:
    live = _Live("teacher", "student")
    live.room.open()
    teacher, student = live.enter("teacher"), live.enter("student")
    teacher.broken = True
    frames = len(student.frames)
    live.say(student, 1, "one")
    assert teacher.closed_with == "internal"
    assert len(student.frames) == frames + 1


async def test_a_late_listener_gets_the_board_and_one_who_resumes_only_what_was_missed() -> None:
    live = _Live("teacher")
    live.room.open()
    teacher = live.enter("teacher")
    live.say(teacher, 1, "one")
    late = live.hear("late")
    (snapshot,) = late.sent
    assert isinstance(snapshot, wire.Snapshot)
    assert [line.text for line in snapshot.chat] == ["one"]
    live.room.audience.leave(late)  # type: ignore[arg-type]
    live.say(teacher, 2, "two")
    back = live.hear("back", snapshot.seq)
    assert isinstance(back.sent[0], wire.Resumed)
    said = [decode_event(frame) for frame in back.frames]
    assert [event.text for event in said if isinstance(event, wire.Said)] == ["two"]


async def test_a_room_without_a_second_seat_runs_and_is_kept_by_its_own_grace_only() -> None:
    live = _Live("teacher")
    live.room.open()
    teacher = live.enter("teacher")
    listener = live.hear("l")
    live.room.audience.leave(listener)  # type: ignore[arg-type]
    live.clock.advance(300)
    live.room._on_time()
    assert live.ended == []
    live.room.gone(teacher)  # type: ignore[arg-type]
    live.clock.advance(61)
    live.room._on_time()
    assert live.ended == ["grace_over"]
    await live.room.seal("grace_over")
    assert live.recorder.sealed == "grace_over"


async def test_an_output_that_fails_is_left_out_and_the_others_go_on() -> None:
    live = _Live("teacher")
    export, behind = _Kept(broken=True), _Kept()
    live.room.outputs.add(export)
    live.room.outputs.add(behind)
    live.room.open()
    teacher = live.enter("teacher")
    live.say(teacher, 1, "still here")
    assert export not in [*live.room.outputs]
    assert export.left == ["OSError"]
    assert len(behind.events) == len(live.recorder.events) > 0
    assert live.ended == []


async def test_an_output_that_cannot_take_a_voice_is_left_out_and_the_others_hear_all_of_it() -> (
    None
):
    live = _Live("student", "teacher")
    deaf, behind = _Kept(deaf=True), _Kept()
    live.room.outputs.add(deaf)
    live.room.outputs.add(behind)
    at = live.clock.now()
    live.room._keep_voices([("p_student", b"one", at), ("p_student", b"two", at)])
    assert deaf not in [*live.room.outputs]
    assert [packet for _, packet, _ in behind.voices] == [b"one", b"two"]
    assert behind.voices == live.recorder.voices


async def test_every_output_is_sealed_also_one_that_was_left_out_or_follows_a_broken_one() -> None:
    live = _Live("teacher")
    export, deaf, behind = _Kept(broken=True), _Kept(deaf=True), _Kept()
    for output in (export, deaf, behind):
        live.room.outputs.add(output)
    live.room.open()
    live.room._keep_voices([("p_teacher", b"one", live.clock.now())])
    await live.room.seal("hung_up")
    assert [live.recorder.sealed, deaf.sealed, behind.sealed] == ["hung_up"] * 3


async def test_nothing_is_seen_by_a_tab_that_is_not_kept_already() -> None:
    live = _Live("teacher", "student")
    live.room.open()
    teacher, student = live.enter("teacher"), live.enter("student")
    kept_then: list[int] = []
    for hearer in (teacher, live.hear("listener")):
        hearer.send_frame = lambda frame: kept_then.append(len(live.recorder.events))  # type: ignore[method-assign]
    events = len(live.recorder.events)
    live.say(student, 1, "one")
    assert kept_then == [events + 1] * 2


async def test_an_event_is_stamped_once_for_all_outputs() -> None:
    live = _Live("teacher")
    live.room.open()
    teacher = live.enter("teacher")
    live.say(teacher, 1, "when")
    at_us, event = live.recorder.events[-1]
    assert at_us == pytest.approx(12_500, abs=1)
    assert event.at == 12
    assert decode_event(teacher.frames[-1]) == event


def test_the_voices_of_a_drain_go_to_every_output_in_their_order_and_on_the_sessions_clock() -> (
    None
):
    live = _Live("student", "teacher")
    opened = live.room.room.opened
    live.room._keep_voices(
        [("p_student", b"one", opened + 0.5), ("p_teacher", b"two", opened + 0.25)]
    )
    assert live.recorder.voices == [("p_student", b"one", 500_000), ("p_teacher", b"two", 250_000)]
