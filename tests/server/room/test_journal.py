"""The journal: one stamp an event, folded in the same moment, kept for those who come back."""

import pytest

from server.room.desk import Desk, NotAllowed
from server.room.journal import Journal
from server.room.members import Connection
from tests.fakes.rooms import points
from wire import room as wire
from wire.codec import decode_event

TAB = Connection("c_1", "p_1", "web-1")


def write(journal: Journal, text: str, now: float) -> None:
    journal.write(now, lambda seq, at: wire.Said(seq=seq, at=at, member="p_1", text=text))


def test_an_event_is_stamped_once_and_folded_before_it_is_given_out() -> None:
    journal = Journal(opened=100.0, kept=10)
    stamps: list[tuple[int, int]] = []

    def make(seq: int, at: int) -> wire.Event:
        stamps.append((seq, at))
        return wire.Said(seq=seq, at=at, member="p_1", text="你好")

    given = journal.write(100.0129, make)
    assert stamps == [(1, 12)]
    assert given.at_us // 1000 == given.event.at == 12
    assert decode_event(given.frame) == given.event
    assert [line.text for line in journal.chat] == ["你好"]


def test_a_clock_that_reads_before_the_opening_gives_no_negative_time() -> None:
    journal = Journal(opened=100.0, kept=10)
    assert journal.at(99.0) == 0
    assert (
        journal.write(99.0, lambda seq, at: wire.Said(seq=seq, at=at, member="p", text="x")).at_us
        == 0
    )


def test_who_comes_back_gets_what_was_missed_or_has_to_take_the_whole() -> None:
    journal = Journal(opened=0.0, kept=3)
    for number in range(5):
        write(journal, str(number), 1.0)
    frames = journal.after(3)
    assert frames is not None
    assert [decode_event(frame).seq for frame in frames] == [4, 5]
    assert journal.after(5) == []
    assert journal.after(1) is None, "one more than is kept"
    assert journal.after(6) is None, "nobody has seen what is yet to come"
    assert journal.after(None) is None


def test_what_the_desk_returns_is_stamped_and_on_the_board_already() -> None:
    journal = Journal(opened=0.0, kept=10)
    desk = Desk(journal)
    begin = wire.StrokeBegin(
        n=1, stroke="web-1.1", page=None, paper="3.27.1.1", points=points((1, 1))
    )
    events = [given.event for given in desk.do(TAB, begin, 2.5)]
    assert [type(event).__name__ for event in events] == ["PageAdded", "PageTurned", "StrokeBegan"]
    assert [(event.seq, event.at) for event in events] == [(1, 2500), (2, 2500), (3, 2500)]
    assert list(journal.board.strokes) == ["web-1.1"]


@pytest.mark.parametrize("refused", ["page", "points", "pages"])
def test_a_refused_operation_leaves_no_event_and_takes_nothing(
    refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(opened=0.0, kept=10)
    desk = Desk(journal)
    if refused != "page":
        name = {"points": "MAX_POINTS", "pages": "MAX_PAGES"}[refused]
        monkeypatch.setattr(f"server.room.desk.{name}", 0)
    begin = wire.StrokeBegin(
        n=1,
        stroke="web-1.1",
        page="nowhere" if refused == "page" else None,
        paper="3.27.1.1",
        points=points((1, 1)),
    )
    with pytest.raises(NotAllowed):
        desk.do(TAB, begin, 1.0)
    assert (journal.seq, desk.points, desk.strokes_begun) == (0, 0, 0)
    assert (journal.board.pages, journal.board.strokes) == ([], {})
