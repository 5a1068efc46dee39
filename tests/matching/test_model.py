"""The switchboard in every order of events: both sides told once, one call a teacher."""

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings, strategies as st

from matching.model import (
    CallError,
    CallOver,
    DiscardRoom,
    Effect,
    EnterRoom,
    MakeRoom,
    PresenceChanged,
    Ring,
    Rules,
    ShowRinging,
    Switchboard,
    TellEnded,
)


class Exchange:
    """A switchboard with everything it ever said."""

    def __init__(self) -> None:
        self.board = Switchboard(Rules(ring_s=20, lost_s=5))
        self.now = 0.0
        self.said: list[Effect] = []
        self.calls = 0

    def do(self, effects: list[Effect]) -> list[Effect]:
        self.said += effects
        return effects

    def teacher(self, tab: str = "t1", teacher: str = "T", *, available: bool = True) -> None:
        self.do(self.board.teacher_connected(tab, teacher, self.now))
        self.do(self.board.set_available(teacher, available))

    def student(self, tab: str = "s1", student: str = "S") -> None:
        self.do(self.board.student_connected(tab, student, self.now))

    def call(self, tab: str = "s1", student: str = "S", teacher: str = "T") -> str:
        self.calls += 1
        call = f"call{self.calls}"
        self.do(self.board.call(tab, student, teacher, "maths", "", call, self.now))
        return call

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.do(self.board.on_timeout(self.now))

    def told(self, tab: str) -> list[str]:
        return [e.outcome for e in self.said if isinstance(e, TellEnded) and e.tab == tab]

    def outcomes(self) -> list[str]:
        return [e.outcome for e in self.said if isinstance(e, CallOver)]


@pytest.fixture
def exchange() -> Exchange:
    made = Exchange()
    made.teacher()
    made.student()
    return made


def test_accepting_sends_both_into_the_room(exchange: Exchange) -> None:
    call = exchange.call()
    made = exchange.do(exchange.board.accept("t1", "T", call))
    assert [type(e) for e in made] == [MakeRoom]
    entered = exchange.do(exchange.board.session_started(call, "s_1"))
    assert [e.tabs for e in entered if isinstance(e, EnterRoom)] == [("s1", "t1")]
    assert exchange.outcomes() == ["accepted"]
    assert exchange.board.presence("T") == "busy"
    assert exchange.board.session_of("S") == exchange.board.session_of("T") == "s_1"
    exchange.do(exchange.board.session_ended("s_1"))
    assert exchange.board.presence("T") == "online"
    assert exchange.told("s1") == exchange.told("t1") == []


def test_no_answer_after_the_deadline(exchange: Exchange) -> None:
    exchange.call()
    assert exchange.board.next_timeout() == 20
    exchange.wait(19.9)
    assert exchange.outcomes() == []
    exchange.wait(0.1)
    assert exchange.told("s1") == exchange.told("t1") == exchange.outcomes() == ["no_answer"]
    assert exchange.board.presence("T") == "online"


def test_declined_and_cancelled_reach_the_other_side(exchange: Exchange) -> None:
    exchange.do(exchange.board.decline("T", exchange.call()))
    exchange.do(exchange.board.cancel("S", exchange.call()))
    assert exchange.told("s1") == exchange.told("t1") == ["declined", "cancelled"]


def test_a_busy_or_away_teacher_does_not_ring(exchange: Exchange) -> None:
    exchange.student("s2", "S2")
    exchange.call()
    exchange.call("s2", "S2")
    assert exchange.told("s2") == ["busy"]
    exchange.teacher("t2", "T2", available=False)
    exchange.call("s2", "S2", "T2")
    exchange.call("s2", "S2", "nobody")
    assert exchange.told("s2") == ["busy", "unavailable", "unavailable"]


def test_one_student_makes_one_call(exchange: Exchange) -> None:
    exchange.teacher("t2", "T2")
    exchange.call()
    with pytest.raises(CallError, match="calling") as raised:
        exchange.call("s1", "S", "T2")
    assert raised.value.code == "already_calling"


def test_one_tab_answers_and_the_others_stop_ringing(exchange: Exchange) -> None:
    exchange.do(exchange.board.teacher_connected("t2", "T", 0))
    call = exchange.call()
    exchange.do(exchange.board.accept("t2", "T", call))
    assert exchange.told("t1") == ["answered_elsewhere"]
    with pytest.raises(CallError):
        exchange.board.accept("t1", "T", call)
    exchange.do(exchange.board.session_started(call, "s_1"))
    assert exchange.told("t1") == ["answered_elsewhere"]
    assert exchange.told("t2") == []


def test_a_tab_opened_while_it_rings_rings_too(exchange: Exchange) -> None:
    exchange.call()
    rung = exchange.do(exchange.board.teacher_connected("t2", "T", 1))
    assert [e.tabs for e in rung if isinstance(e, Ring)] == [("t2",)]


def test_a_caller_whose_tab_blinks_keeps_ringing(exchange: Exchange) -> None:
    call = exchange.call()
    exchange.do(exchange.board.disconnected("s1", "S", exchange.now))
    exchange.wait(4.9)
    back = exchange.do(exchange.board.student_connected("s1b", "S", exchange.now))
    assert [e.tab for e in back if isinstance(e, ShowRinging)] == ["s1b"]
    exchange.wait(5)
    assert exchange.outcomes() == []
    exchange.do(exchange.board.decline("T", call))
    assert exchange.told("s1b") == ["declined"]


def test_a_caller_or_teacher_who_is_gone_ends_the_call(exchange: Exchange) -> None:
    exchange.call()
    exchange.do(exchange.board.disconnected("s1", "S", exchange.now))
    exchange.wait(5)
    assert exchange.told("t1") == ["caller_gone"]
    exchange.student("s2", "S")
    exchange.call("s2")
    exchange.do(exchange.board.disconnected("t1", "T", exchange.now))
    exchange.wait(5)
    assert exchange.told("s2") == ["teacher_gone"]
    assert exchange.board.presence("T") == "offline"


def test_cancelling_while_the_room_is_made_throws_the_room_away(exchange: Exchange) -> None:
    call = exchange.call()
    exchange.do(exchange.board.accept("t1", "T", call))
    exchange.do(exchange.board.cancel("S", call))
    after = exchange.do(exchange.board.session_started(call, "s_1"))
    assert after == [DiscardRoom("s_1")]
    assert exchange.told("s1") == exchange.told("t1") == ["cancelled"]
    assert exchange.board.presence("T") == "online"


def test_a_teacher_who_blinks_while_the_room_is_made_goes_in_on_their_new_tab(
    exchange: Exchange,
) -> None:
    call = exchange.call()
    exchange.do(exchange.board.accept("t1", "T", call))
    exchange.do(exchange.board.disconnected("t1", "T", exchange.now))
    exchange.do(exchange.board.teacher_connected("t2", "T", exchange.now))
    entered = exchange.do(exchange.board.session_started(call, "s_1"))[-1]
    assert isinstance(entered, EnterRoom)
    assert entered.tabs == ("s1", "t2")


def test_a_room_that_cannot_be_made_frees_both(exchange: Exchange) -> None:
    call = exchange.call()
    exchange.do(exchange.board.accept("t1", "T", call))
    exchange.do(exchange.board.session_failed(call))
    assert exchange.told("s1") == exchange.told("t1") == ["failed"]
    exchange.call()
    assert exchange.board.presence("T") == "busy"


def test_nobody_ends_anothers_call(exchange: Exchange) -> None:
    call = exchange.call()
    with pytest.raises(CallError, match="over"):
        exchange.board.cancel("S2", call)
    with pytest.raises(CallError, match="over"):
        exchange.board.decline("T2", call)
    with pytest.raises(CallError, match="over"):
        exchange.board.accept("t9", "T2", call)
    with pytest.raises(CallError, match="over"):
        exchange.board.cancel("S", "no such call")


def test_a_teacher_back_soon_is_available_still(exchange: Exchange) -> None:
    exchange.do(exchange.board.disconnected("t1", "T", 0))
    assert exchange.board.presence("T") == "offline"
    exchange.do(exchange.board.teacher_connected("t2", "T", 60))
    assert exchange.board.presence("T") == "online"
    exchange.do(exchange.board.disconnected("t2", "T", 60))
    exchange.do(exchange.board.teacher_connected("t3", "T", 121))
    assert exchange.board.presence("T") == "away"


PEOPLE = st.sampled_from(["A", "B"])
ACTIONS = st.tuples(
    st.sampled_from(
        [
            "t_in",
            "t_out",
            "s_in",
            "s_out",
            "open",
            "shut",
            "call",
            "cancel",
            "accept",
            "decline",
            "made",
            "failed",
            "over",
            "wait",
        ]
    ),
    PEOPLE,
    PEOPLE,
    st.integers(0, 2),
)


@settings(max_examples=400, deadline=None, print_blob=True)
@given(st.lists(ACTIONS, max_size=60))
def test_in_any_order_everyone_is_told_once_and_nobody_is_in_two_calls(
    actions: list[tuple[str, str, str, int]],
) -> None:
    exchange = Exchange()
    board = exchange.board
    calls: list[tuple[str, str, str]] = []
    making: set[str] = set()
    sessions: set[str] = set()
    tabs: set[str] = set()
    for action, who, other, number in actions:
        student, teacher = f"S{who}", f"T{other}"
        tab = f"{action[0]}{who}{number}"
        call = calls[number][0] if number < len(calls) else "none"
        try:
            match action:
                case "t_in":
                    exchange.do(board.teacher_connected(tab, f"T{who}", exchange.now))
                    tabs.add(tab)
                case "s_in":
                    exchange.do(board.student_connected(tab, student, exchange.now))
                    tabs.add(tab)
                case "t_out" | "s_out":
                    exchange.do(board.disconnected(tab, f"{action[0].upper()}{who}", exchange.now))
                    tabs.discard(tab)
                case "open" | "shut":
                    exchange.do(board.set_available(f"T{who}", action == "open"))
                case "call":
                    at = f"s{who}{number}"
                    if at in tabs:
                        call = f"call{len(calls)}"
                        exchange.do(
                            board.call(at, student, teacher, "maths", "", call, exchange.now)
                        )
                        calls.insert(0, (call, student, teacher))
                case "cancel":
                    exchange.do(board.cancel(student, call))
                case "decline":
                    exchange.do(board.decline(f"T{who}", call))
                case "accept":
                    at = f"t{who}{number}"
                    if at in tabs:
                        exchange.do(board.accept(at, f"T{who}", call))
                        making.add(call)
                case "made" if making:
                    call = sorted(making)[0]
                    making.discard(call)
                    done = exchange.do(board.session_started(call, f"s_{call}"))
                    if any(isinstance(e, EnterRoom) for e in done):
                        sessions.add(f"s_{call}")
                case "failed" if making:
                    call = sorted(making)[0]
                    making.discard(call)
                    exchange.do(board.session_failed(call))
                case "over" if sessions:
                    exchange.do(board.session_ended(sessions.pop()))
                case "wait":
                    exchange.wait(number * 7)
        except CallError:
            pass
    exchange.wait(100)
    for call in sorted(making):
        exchange.do(board.session_failed(call))
    for session in sorted(sessions):
        exchange.do(board.session_ended(session))

    heard = Counter((e.tab, e.call) for e in exchange.said if isinstance(e, TellEnded))
    assert all(count == 1 for count in heard.values())
    over = Counter(e.call for e in exchange.said if isinstance(e, CallOver))
    assert over == Counter(call for call, _, _ in calls)
    assert board.ringing() == 0
    # What each tab was shown was taken away again: by an end, or by going into the room.
    entered = {p for e in exchange.said if isinstance(e, EnterRoom) for p in e.tabs}
    for effect in exchange.said:
        if isinstance(effect, Ring):
            for tab in effect.tabs:
                left = tab not in tabs
                assert left or heard[tab, effect.call.call] == 1 or tab in entered
    for teacher in ("TA", "TB"):
        shown = [
            e.presence
            for e in exchange.said
            if isinstance(e, PresenceChanged) and e.teacher == teacher
        ]
        assert all(a != b for a, b in itertools.pairwise(shown))
        assert board.presence(teacher) == (shown[-1] if shown else "offline")
