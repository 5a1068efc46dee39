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

    def send(self, message: Message) -> None:
        self.sent.append(message)

    def send_frame(self, frame: bytes) -> None:
        self.frames.append(frame)

    def send_latest(self, key: str, message: Message, *, may_wait: bool = False) -> None:
        pass

    def close(self, code: str) -> None:
        self.closed_with = code


class _Kept:
    """An output that keeps, as the recorder does, or breaks."""

    bytes_written = 0

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.events: list[tuple[int, wire.Event]] = []
        self.voices: list[tuple[str, bytes, int]] = []
        self.sealed = ""

    def event(self, at_us: int, frame: bytes) -> None:
        if self.broken:
            raise OSError("no space")
        self.events.append((at_us, decode_event(frame)))

    def voice(self, member: str, packet: bytes, at_us: int) -> None:
        self.voices.append((member, packet, at_us))

    async def seal(self, reason: str) -> None:
        self.sealed = reason

    def lag(self, at_us: int) -> float:
        return 0.0


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
            self.recorder,
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
    live.room.outputs += [export, behind]
    live.room.open()
    teacher = live.enter("teacher")
    live.say(teacher, 1, "still here")
    assert export not in live.room.outputs
    assert len(behind.events) == len(live.recorder.events) > 0
    assert live.ended == []


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
