"""Which ink goes to which session: resumed, dropped as stale, discarded, or too much to keep."""

import pytest

from pen_bridge.backlog import WrongCount
from pen_bridge.ink import OFFLINE_BATCH_S, Ink, Tally
from pen_bridge.protocol.events import Dot, Paper, PaperSeen, PenDown, PenEvent, PenUp, Scale
from wire.pen import PenEnter, PenRoom
from wire.room import Operation, StrokeBegin, StrokeEnd

PAPER = Paper("1.1.1.1")


def room(session: str | None, last_n: int = 0, source: str = "pen-p1") -> PenRoom:
    return PenRoom(session=session, source=source, last_n=last_n)


def feed(ink: Ink, *events: PenEvent, now: float = 0.0) -> None:
    for event in events:
        ink.receive(event, now)


def stroke(dots: int) -> list[PenEvent]:
    return [PenDown(), PaperSeen(PAPER), *[Dot(11, 0.5, 10, 10)] * dots, PenUp()]


def sent(ink: Ink) -> list[Operation]:
    operations = []
    while (operation := ink.next_to_send()) is not None:
        operations.append(operation)
    return operations


def test_without_a_session_dots_go_nowhere() -> None:
    ink = Ink(Scale())
    feed(ink, *stroke(3))
    assert ink.enter(room(None)) is None
    feed(ink, *stroke(4))
    assert sent(ink) == []
    assert ink.tally == Tally(no_session=7)
    assert ink.settled


def test_after_a_reconnect_only_what_is_not_done_is_sent_again() -> None:
    ink = Ink(Scale())
    assert ink.enter(room("s_1", last_n=7)) == PenEnter(session="s_1")
    feed(ink, *stroke(2), *stroke(2))
    first = sent(ink)
    assert [operation.n for operation in first] == [8, 9, 10, 11, 12, 13]
    ink.acknowledge(9)
    ink.disconnected()
    feed(ink, *stroke(1))
    assert sent(ink) == []
    assert ink.enter(room("s_1", last_n=11)) == PenEnter(session="s_1")
    again = sent(ink)
    assert again[:2] == first[4:]
    assert [operation.n for operation in again] == [12, 13, 14, 15]
    ink.acknowledge(15)
    assert ink.tally == Tally(done=5)


@pytest.mark.parametrize(
    "other",
    [room("s_2"), room("s_2", source="pen-p2"), room("s_1", source="pen-p2"), room(None)],
    ids=["session", "session and source", "source", "none"],
)
def test_ink_of_an_earlier_session_is_dropped(other: PenRoom) -> None:
    ink = Ink(Scale())
    ink.enter(room("s_1"))
    feed(ink, *stroke(2))
    feed(ink, PenDown(), Dot(0, 1, 1, 1))
    ink.disconnected()
    ink.enter(other)
    # The rest of a stroke that was begun for the room before belongs to neither.
    feed(ink, Dot(9, 1, 2, 2), PenUp())
    assert sent(ink) == []
    assert ink.tally.stale == 3
    assert ink.session == other.session


def test_a_server_that_lost_operations_gets_new_ones_without_a_gap() -> None:
    ink = Ink(Scale())
    ink.enter(room("s_1"))
    feed(ink, *stroke(2))
    sent(ink)
    ink.acknowledge(2)
    ink.disconnected()
    ink.enter(room("s_1", last_n=1))
    feed(ink, *stroke(1))
    assert [operation.n for operation in sent(ink)] == [2, 3]


def test_nothing_is_sent_before_the_room_is_entered_again() -> None:
    ink = Ink(Scale())
    ink.enter(room("s_1"))
    ink.disconnected()
    feed(ink, *stroke(2))
    assert ink.next_to_send() is None
    assert ink.waiting == 2


def test_a_full_backlog_gives_up_the_rest_of_the_stroke_and_goes_on_with_a_new_one() -> None:
    ink = Ink(Scale(), limit_dots=10)
    ink.enter(room("s_1"))
    ink.disconnected()
    feed(ink, PenDown(), PaperSeen(PAPER))
    for step in range(30):
        feed(ink, Dot(11, 0.5, 10, 10), now=step * 1.0)
        ink.on_timeout(step + 0.9)
    feed(ink, PenUp(), *stroke(3))
    lost = ink.tally.overflow
    assert lost > 3
    assert ink.waiting == 33 - lost
    ink.enter(room("s_1"))
    operations = sent(ink)
    assert isinstance(operations[-1], StrokeEnd)
    ink.acknowledge(operations[-1].n)
    feed(ink, *stroke(2))
    begin = ink.next_to_send()
    assert isinstance(begin, StrokeBegin)
    assert begin.n == operations[-1].n + 1


def test_a_long_absence_makes_longer_batches() -> None:
    ink = Ink(Scale())
    ink.enter(room("s_1"))
    ink.disconnected()
    feed(ink, PenDown(), PaperSeen(PAPER), Dot(0, 1, 1, 1), Dot(9, 1, 1, 1), now=5.0)
    assert ink.next_timeout() == 5.0 + OFFLINE_BATCH_S
    ink.enter(room("s_1"))
    ink.on_timeout(5.25)
    feed(ink, Dot(9, 1, 1, 1), now=6.0)
    assert ink.next_timeout() == 6.016


def test_lifting_ends_the_open_stroke_and_acks_of_nothing_are_refused() -> None:
    ink = Ink(Scale())
    ink.acknowledge(5)
    ink.enter(room("s_1"))
    feed(ink, PenDown(), PaperSeen(PAPER), Dot(0, 1, 1, 1))
    ink.lift()
    assert [type(operation) for operation in sent(ink)] == [StrokeBegin, StrokeEnd]
    with pytest.raises(WrongCount):
        ink.acknowledge(3)


def test_dots_beside_the_paper_are_counted_over_sessions() -> None:
    ink = Ink(Scale())
    for session in ("s_1", "s_2"):
        ink.enter(room(session))
        feed(ink, PenDown(), PaperSeen(PAPER), Dot(0, 1, 1e9, 1), PenUp())
    assert ink.tally == Tally(off_paper=2)
