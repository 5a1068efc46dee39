"""A room's rules: joining, resuming, operations once and in order, grace, limits, the end."""

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from server.room.room import RoomLimits
from tests.fakes.rooms import STUDENT, TEACHER, RoomDriver, points
from wire import codes, room as wire
from wire.board import Board
from wire.codec import decode_event, encode
from wire.common import Refused
from wire.pen import PenEnter, PenRoom


def stroke(n: int, source: str, key: str = "1", page: str | None = "page-1") -> wire.StrokeBegin:
    return wire.StrokeBegin(n=n, stroke=f"{source}.{key}", page=page, points=points((100, 200)))


def test_a_late_comer_gets_the_board_as_it_is() -> None:
    driver = RoomDriver()
    driver.join("c_t", TEACHER, "web-t")
    driver.send("c_t", stroke(1, "web-t"))
    driver.send("c_t", wire.StrokePoints(n=2, stroke="web-t.1", points=points((300, 400))))
    driver.send("c_t", wire.Say(n=3, text="你好"))
    driver.join("c_s", STUDENT, "web-s")
    snapshot = driver.inbox["c_s"][0]
    assert isinstance(snapshot, wire.Snapshot)
    assert [(p.x, p.y) for p in snapshot.board.strokes["web-t.1"].points] == [
        (100, 200),
        (300, 400),
    ]
    assert [line.text for line in snapshot.chat] == ["你好"]
    assert snapshot.board.open_page == "page-1"
    assert snapshot.you == STUDENT
    later = [m for m in driver.inbox["c_s"][1:] if isinstance(m, wire.Event)]
    assert [event.seq for event in later] == list(range(snapshot.seq + 1, driver.room.seq + 1))


def test_a_returning_tab_gets_just_the_events_it_missed() -> None:
    driver = RoomDriver()
    driver.both()
    seen = driver.room.seq
    driver.take(driver.room.disconnect("c_s", driver.now))
    driver.send("c_t", stroke(1, "web-t"))
    driver.send("c_t", wire.StrokeEnd(n=2, stroke="web-t.1"))
    driver.join("c_s2", STUDENT, "web-s", seen)
    resumed, *rest = driver.inbox["c_s2"]
    assert isinstance(resumed, wire.Resumed)
    events = [m for m in rest if isinstance(m, wire.Event)]
    assert [e.seq for e in events] == list(range(seen + 1, driver.room.seq + 1))
    assert any(isinstance(e, wire.StrokeBegan) for e in events)


@pytest.mark.parametrize("asked", ["future", "too old"])
def test_what_cannot_be_resumed_gets_a_snapshot(asked: str) -> None:
    driver = RoomDriver(RoomLimits(kept_events=50))
    driver.both()
    driver.send("c_t", stroke(1, "web-t"))
    for n in range(2, 60):
        driver.send("c_t", wire.StrokePoints(n=n, stroke="web-t.1", points=points((n, n))))
    seq = driver.room.seq + 1 if asked == "future" else 1
    driver.join("c_s2", STUDENT, "web-s", seq)
    assert isinstance(driver.inbox["c_s2"][0], wire.Snapshot)


def test_an_operation_sent_twice_is_done_once_and_acknowledged_again() -> None:
    driver = RoomDriver()
    driver.both()
    driver.send("c_s", wire.Say(n=1, text="在吗"))
    driver.send("c_s", wire.Say(n=1, text="在吗"))
    assert [line.text for line in driver.room.desk.chat] == ["在吗"]
    assert [m for m in driver.inbox["c_s"] if isinstance(m, wire.Ack)][-1] == wire.Ack(n=1)


def test_a_gap_is_refused_and_nothing_is_skipped() -> None:
    driver = RoomDriver()
    driver.both()
    driver.send("c_s", wire.Say(n=2, text="second"))
    assert driver.refusals("c_s") == [codes.GAP]
    driver.send("c_s", wire.Say(n=1, text="first"))
    driver.send("c_s", wire.Say(n=2, text="second"))
    assert [line.text for line in driver.room.desk.chat] == ["first", "second"]


def test_a_refused_operation_counts_as_done_so_the_next_one_goes_on() -> None:
    driver = RoomDriver()
    driver.both()
    driver.send("c_s", wire.ClearPage(n=1, page="page-1"))
    driver.send("c_s", wire.Say(n=2, text="next"))
    assert driver.refusals("c_s") == [codes.FORBIDDEN]
    assert [line.text for line in driver.room.desk.chat] == ["next"]


def test_the_numbers_of_a_tab_go_on_after_a_reconnect() -> None:
    driver = RoomDriver()
    driver.both()
    driver.send("c_s", wire.Say(n=1, text="a"))
    driver.take(driver.room.disconnect("c_s", driver.now))
    driver.join("c_s2", STUDENT, "web-s", driver.room.seq)
    resumed = driver.inbox["c_s2"][0]
    assert isinstance(resumed, wire.Resumed)
    assert resumed.last_n == 1


def test_a_newer_tab_takes_the_place_of_the_older_one() -> None:
    driver = RoomDriver()
    driver.both()
    driver.join("c_s2", STUDENT, "web-other")
    assert driver.disconnected == [("c_s", codes.REPLACED)]
    driver.send("c_s", wire.Say(n=1, text="ghost"))
    assert driver.room.desk.chat == []
    driver.take(driver.room.disconnect("c_s", driver.now))
    assert driver.room.seats[STUDENT].link == "connected"


def test_strangers_and_borrowed_sources_are_turned_away() -> None:
    driver = RoomDriver()
    driver.both()
    driver.join("c_x", "p_stranger", "web-x")
    driver.join("c_y", STUDENT, "web-t")
    assert driver.disconnected == [("c_x", codes.FORBIDDEN), ("c_y", codes.FORBIDDEN)]
    assert driver.room.seats[STUDENT].tab == "c_s"


def test_nobody_uses_up_the_sources_of_another_nor_takes_a_pens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.room.room.MAX_SOURCES", 3)
    driver = RoomDriver()
    for number in range(5):
        driver.join(f"c_{number}", STUDENT, f"web-{number}")
    driver.join("c_p", STUDENT, "pen-n2")
    refused = [connection for connection, code in driver.disconnected if code == codes.FORBIDDEN]
    assert refused == ["c_3", "c_4", "c_p"]
    driver.join("c_t", TEACHER, "web-t")
    driver.join_pen("c_n", TEACHER, "n2")
    assert driver.room.seats[TEACHER].tab == "c_t"
    assert driver.room.seats[TEACHER].pens == {"c_n"}


def test_the_stable_side_stays_and_sees_reconnecting_then_connected() -> None:
    driver = RoomDriver()
    driver.both()
    driver.take(driver.room.disconnect("c_s", driver.now))
    driver.now += 59.9
    driver.take(driver.room.on_timeout(driver.now))
    assert driver.finished == []
    driver.join("c_s2", STUDENT, "web-s", driver.room.seq)
    links = [
        m.member.link
        for m in driver.inbox["c_t"]
        if isinstance(m, wire.MemberChanged) and m.member.member == STUDENT
    ]
    assert links[-2:] == ["reconnecting", "connected"]
    driver.now += 120
    driver.take(driver.room.on_timeout(driver.now))
    assert driver.finished == []


def test_grace_over_ends_the_session_once_for_both() -> None:
    driver = RoomDriver()
    driver.both()
    driver.take(driver.room.disconnect("c_s", driver.now))
    assert driver.room.next_timeout() == driver.now + 60
    driver.now += 60
    driver.take(driver.room.on_timeout(driver.now))
    driver.take(driver.room.on_timeout(driver.now))
    assert driver.finished == ["grace_over"]
    assert isinstance(driver.inbox["c_t"][-1], wire.SessionEnded)
    assert driver.room.next_timeout() is None


def test_a_room_nobody_enters_ends_after_the_grace() -> None:
    driver = RoomDriver()
    driver.now = driver.room.next_timeout() or 0
    driver.take(driver.room.on_timeout(driver.now))
    assert driver.finished == ["grace_over"]


def test_a_warning_comes_before_the_time_limit() -> None:
    driver = RoomDriver(RoomLimits(limit_s=1800, warning_s=1500))
    driver.both()
    due = driver.room.next_timeout()
    assert due == driver.room.opened + 1500
    driver.now = due
    driver.take(driver.room.on_timeout(driver.now))
    assert driver.events[-1] == wire.TimeWarning(
        seq=driver.room.seq, at=1_500_000, ends_at=1_800_000
    )
    due = driver.room.next_timeout()
    assert due == driver.room.opened + 1800
    driver.now = due
    driver.take(driver.room.on_timeout(driver.now))
    assert driver.finished == ["time_limit"]


def test_hanging_up_ends_for_both_and_later_joins_are_told() -> None:
    driver = RoomDriver()
    driver.both()
    driver.send("c_s", wire.EndSession(n=1))
    assert driver.finished == ["hung_up"]
    assert driver.events[-1].seq == driver.room.seq
    driver.join("c_s2", STUDENT, "web-s")
    driver.send("c_t", wire.Say(n=1, text="?"))
    assert driver.disconnected[-2:] == [
        ("c_s2", codes.SESSION_ENDED),
        ("c_t", codes.SESSION_ENDED),
    ]


def test_the_teacher_says_whether_the_student_may_draw() -> None:
    driver = RoomDriver()
    driver.both()
    driver.send("c_s", wire.SetPermissions(n=1, member=TEACHER, permissions=[]))
    assert driver.refusals("c_s") == [codes.FORBIDDEN]
    driver.send("c_t", wire.SetPermissions(n=1, member=STUDENT, permissions=["upload", "end"]))
    driver.send("c_s", stroke(2, "web-s"))
    assert driver.refusals("c_s") == [codes.FORBIDDEN, codes.FORBIDDEN]
    assert driver.room.board.strokes == {}
    driver.send("c_t", wire.SetPermissions(n=2, member=STUDENT, permissions=["draw", "end"]))
    driver.send("c_s", stroke(3, "web-s"))
    assert list(driver.room.board.strokes) == ["web-s.1"]


def test_mute_is_shown_once_and_reaches_the_media_plane() -> None:
    driver = RoomDriver()
    driver.both()
    effects = driver.send("c_s", wire.SetMuted(n=1, muted=True))
    assert "MuteVoice" in [type(e).__name__ for e in effects]
    before = driver.room.seq
    driver.send("c_s", wire.SetMuted(n=2, muted=True))
    assert driver.room.seq == before
    assert driver.room.seats[STUDENT].muted


def test_a_pointer_reaches_the_other_side_and_is_not_kept() -> None:
    driver = RoomDriver()
    driver.both()
    before = driver.room.seq
    driver.send("c_t", wire.PointAt(page="page-1", x=5, y=6))
    assert driver.inbox["c_s"][-1] == wire.PointedAt(member=TEACHER, page="page-1", x=5, y=6)
    assert driver.room.seq == before


def test_a_pen_is_told_where_it_writes_and_goes_on_where_it_stopped() -> None:
    driver = RoomDriver()
    driver.both()
    driver.join_pen("c_p", TEACHER, "n2")
    assert driver.inbox["c_p"] == [PenRoom(session="s_1", source="pen-n2", last_n=0)]
    assert driver.room.seats[TEACHER].public().pen
    begin = wire.StrokeBegin(n=1, stroke="pen-n2.1", paper="3.27.1.1", points=points((1, 1)))
    driver.send("c_p", begin)
    driver.take(driver.room.disconnect("c_p", driver.now))
    assert not driver.room.seats[TEACHER].public().pen
    driver.join_pen("c_p2", TEACHER, "n2")
    assert driver.inbox["c_p2"] == [PenRoom(session="s_1", source="pen-n2", last_n=1)]
    driver.send("c_p2", wire.StrokePoints(n=2, stroke="pen-n2.1", points=points((2, 2))))
    assert len(driver.room.board.strokes["pen-n2.1"].points) == 2


def test_what_a_pen_wrote_for_the_room_before_is_dropped() -> None:
    driver = RoomDriver()
    driver.both()
    driver.join_pen("c_p", TEACHER, "n2", enters=False)
    before = len(driver.events)
    ink = wire.StrokeBegin(n=1, stroke="pen-n2.1", paper="3.27.1.1", points=points((1, 2)))
    driver.send("c_p", ink)
    driver.send("c_p", PenEnter(session="s_another"))
    driver.send("c_p", ink)
    assert len(driver.events) == before
    assert len(driver.inbox["c_p"]) == 1, "neither refused nor acknowledged: it was not for here"
    driver.send("c_p", PenEnter(session=driver.room.session))
    driver.send("c_p", ink)
    assert driver.room.board.strokes["pen-n2.1"].member == TEACHER
    # A pen that comes back says so again, since it may have been in another room meanwhile.
    driver.take(driver.room.disconnect("c_p", driver.now))
    driver.join_pen("c_p", TEACHER, "n2", enters=False)
    driver.send("c_p", wire.StrokeEnd(n=2, stroke="pen-n2.1"))
    assert not driver.room.board.strokes["pen-n2.1"].ended


def test_together_counts_only_the_time_both_were_there() -> None:
    driver = RoomDriver()
    driver.both()
    driver.now += 10
    driver.take(driver.room.disconnect("c_s", driver.now))
    driver.now += 30
    driver.join("c_s2", STUDENT, "web-s", driver.room.seq)
    driver.now += 5
    driver.send("c_t", wire.EndSession(n=1))
    driver.now += 100
    assert driver.room.together_s(driver.now) == pytest.approx(15)


# --- replay equals live ----------------------------------------------------------------------

OPERATIONS = st.one_of(
    st.tuples(
        st.just("begin"), st.integers(0, 5), st.sampled_from(["page-1", "page-2", "nowhere"])
    ),
    st.tuples(st.just("paper"), st.integers(0, 5), st.sampled_from(["a4", "a5", "note"])),
    st.tuples(st.just("points"), st.integers(0, 5), st.integers(0, 20_000)),
    st.tuples(st.just("end"), st.integers(0, 5), st.none()),
    st.tuples(st.just("undo"), st.integers(0, 5), st.none()),
    st.tuples(st.just("clear"), st.integers(0, 5), st.sampled_from(["page-1", "page-2"])),
    st.tuples(st.just("page"), st.integers(0, 5), st.sampled_from(["blank", "photo"])),
    st.tuples(st.just("turn"), st.integers(0, 5), st.sampled_from(["page-1", "page-2"])),
    st.tuples(st.just("say"), st.integers(0, 5), st.text(min_size=1, max_size=5)),
    st.tuples(st.just("drop"), st.integers(0, 5), st.none()),
    st.tuples(st.just("wait"), st.integers(0, 5), st.integers(0, 30)),
)
WHO = st.sampled_from(
    [("c_s", "web-s", STUDENT), ("c_t", "web-t", TEACHER), ("c_p", "pen-n", TEACHER)]
)


def act(driver: RoomDriver, who: tuple[str, str, str], what: tuple[str, int, object]) -> None:
    connection, source, member = who
    kind, number, extra = what
    key = f"{source}.{number}"
    if kind == "drop":
        driver.take(driver.room.disconnect(connection, driver.now))
        if connection == "c_p":
            driver.join_pen(connection, member, "n")
        else:
            driver.join(connection, member, source, driver.room.seq)
        return
    if kind == "wait":
        driver.now += float(str(extra)) / 10
        return
    n = driver.next_n(source)
    message: wire.Operation
    match kind:
        case "begin":
            message = wire.StrokeBegin(n=n, stroke=key, page=str(extra), points=points((n, n)))
        case "paper":
            message = wire.StrokeBegin(n=n, stroke=key, paper=str(extra), points=points((n, n)))
        case "points":
            message = wire.StrokePoints(n=n, stroke=key, points=points((int(str(extra)), n)))
        case "end":
            message = wire.StrokeEnd(n=n, stroke=key)
        case "undo":
            message = wire.UndoStroke(n=n, stroke=key)
        case "clear":
            message = wire.ClearPage(n=n, page=str(extra))
        case "page":
            message = wire.AddPage(
                n=n,
                page=f"page-{number}",
                kind="blank" if extra == "blank" else "photo",
                width=10_000,
                height=10_000,
                photo="ph_1" if number % 2 else "ph_none",
            )
        case "turn":
            message = wire.TurnPage(n=n, page=str(extra))
        case _:
            message = wire.Say(n=n, text=str(extra))
    driver.send(connection, message)


@settings(max_examples=200, deadline=None, print_blob=True)
@given(st.lists(st.tuples(WHO, OPERATIONS), max_size=60))
def test_replay_equals_live_and_every_tab_saw_the_same(
    steps: list[tuple[tuple[str, str, str], tuple[str, int, object]]],
) -> None:
    driver = RoomDriver()
    driver.both()
    driver.join_pen("c_p", TEACHER, "n")
    driver.room.desk.photo_uploaded("ph_1", "")
    for who, what in steps:
        act(driver, who, what)
    # Through bytes, as a recording keeps them.
    driver.events = [decode_event(encode(event)) for event in driver.events]
    board, chat = driver.folded()
    assert board == driver.room.board
    assert chat == driver.room.desk.chat
    assert [event.seq for event in driver.events] == list(range(1, driver.room.seq + 1))
    assert sorted(event.at for event in driver.events) == [event.at for event in driver.events]
    snapshot = msgspec.msgpack.encode(driver.room.board)
    assert msgspec.msgpack.decode(snapshot, type=Board) == driver.room.board
    assert all(isinstance(m, wire.Ack | Refused | PenRoom) for m in driver.inbox["c_p"]), (
        "a pen gets no events"
    )
