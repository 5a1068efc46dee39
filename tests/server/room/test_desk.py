"""The rules for pages, strokes, photos and their bounds."""

import pytest

from server.room import desk as desk_module
from tests.fakes.rooms import RoomDriver, points
from wire import board as bounds, codes, room as wire


@pytest.fixture
def driver() -> RoomDriver:
    made = RoomDriver()
    made.both()
    return made


def begin(n: int, key: str, page: str | None = "page-1", paper: str = "") -> wire.StrokeBegin:
    return wire.StrokeBegin(n=n, stroke=key, page=page, paper=paper, points=points((10, 10)))


def test_only_ones_own_stroke_is_undone(driver: RoomDriver) -> None:
    driver.send("c_t", begin(1, "web-t.1"))
    driver.send("c_s", wire.UndoStroke(n=1, stroke="web-t.1"))
    assert driver.refusals("c_s") == [codes.FORBIDDEN]
    driver.send("c_t", wire.UndoStroke(n=2, stroke="web-t.1"))
    assert driver.room.board.strokes == {}
    driver.send("c_t", wire.UndoStroke(n=3, stroke="web-t.1"))
    assert driver.refusals("c_t") == [codes.UNKNOWN_STROKE]


def test_a_teacher_undoes_from_their_tab_what_their_pen_wrote(driver: RoomDriver) -> None:
    driver.join_pen("c_p", "p_teacher", "n")
    driver.send("c_p", begin(1, "pen-n.1", None, "3.27.1.1"))
    driver.send("c_t", wire.UndoStroke(n=1, stroke="pen-n.1"))
    assert driver.room.board.strokes == {}
    driver.send("c_p", wire.StrokePoints(n=2, stroke="pen-n.1", points=points((1, 1))))
    assert driver.refusals("c_p") == [codes.UNKNOWN_STROKE]


def test_nobody_draws_under_anothers_name(driver: RoomDriver) -> None:
    driver.send("c_s", begin(1, "web-t.9"))
    driver.send("c_t", begin(1, "web-t.1"))
    driver.send("c_s", wire.StrokePoints(n=2, stroke="web-t.1", points=points((1, 1))))
    driver.send("c_s", wire.StrokeEnd(n=3, stroke="web-t.1"))
    assert driver.refusals("c_s") == [codes.FORBIDDEN] * 3
    assert len(driver.room.board.strokes["web-t.1"].points) == 1


def test_a_stroke_ends_once_and_is_not_begun_twice(driver: RoomDriver) -> None:
    driver.send("c_t", begin(1, "web-t.1"))
    driver.send("c_t", begin(2, "web-t.1"))
    driver.send("c_t", wire.StrokeEnd(n=3, stroke="web-t.1"))
    driver.send("c_t", wire.StrokeEnd(n=4, stroke="web-t.1"))
    assert driver.refusals("c_t") == [codes.STROKE_EXISTS, codes.STROKE_ENDED]


def test_the_dot_paper_under_the_pen_becomes_the_open_page(driver: RoomDriver) -> None:
    driver.join_pen("c_p", "p_teacher", "n")
    driver.send("c_p", begin(1, "pen-n.1", None, "3.27.1.1"))
    first = driver.room.board.open_page
    driver.send("c_p", begin(2, "pen-n.2", None, "3.27.1.2"))
    second = driver.room.board.open_page
    driver.send("c_p", begin(3, "pen-n.3", None, "3.27.1.1"))
    assert first != second
    assert driver.room.board.open_page == first
    assert driver.room.board.strokes["pen-n.3"].page == first
    assert [p.paper for p in driver.room.board.pages] == ["3.27.1.1", "3.27.1.2"]


def test_a_pens_first_sheet_takes_the_place_of_the_untouched_blank_page(driver: RoomDriver) -> None:
    driver.send("c_s", wire.AddPage(n=1, page="own", kind="blank", width=9_000, height=9_000))
    driver.join_pen("c_p", "p_teacher", "n")
    driver.send("c_p", begin(1, "pen-n.1", None, "3.27.1.1"))
    # Begun on the blank page before the sheet was heard of: it finds the sheet.
    driver.send("c_s", begin(2, "web-s.1"))
    driver.send("c_p", begin(2, "pen-n.2", None, "3.27.1.2"))
    board = driver.room.board
    assert [(page.page, page.paper) for page in board.pages] == [
        ("page-1", "3.27.1.1"),
        ("own", ""),
        ("page-3", "3.27.1.2"),
    ]
    assert board.strokes["pen-n.1"].page == board.strokes["web-s.1"].page == "page-1"
    assert driver.refusals("c_s") == driver.refusals("c_p") == []
    assert driver.folded()[0] == board


@pytest.mark.parametrize("undone", [False, True])
def test_a_page_somebody_wrote_on_stays(driver: RoomDriver, undone: bool) -> None:
    driver.send("c_s", begin(1, "web-s.1"))
    if undone:
        driver.send("c_s", wire.UndoStroke(n=2, stroke="web-s.1"))
    driver.join_pen("c_p", "p_teacher", "n")
    driver.now += desk_module.HANDS_REST_S
    driver.send("c_p", begin(1, "pen-n.1", None, "3.27.1.1"))
    assert [page.kind for page in driver.room.board.pages] == ["blank", "paper"]
    assert driver.room.board.open_page == "page-2"


def test_the_sheet_finds_its_place_on_a_full_board(
    driver: RoomDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "MAX_PAGES", 1)
    driver.join_pen("c_p", "p_teacher", "n")
    driver.send("c_p", begin(1, "pen-n.1", None, "3.27.1.1"))
    assert [page.kind for page in driver.room.board.pages] == ["paper"]


@pytest.mark.parametrize("hand", ["adds", "turns", "begins", "draws", "undoes"])
def test_a_pen_pulls_no_page_from_under_a_hand(driver: RoomDriver, hand: str) -> None:
    driver.send("c_s", wire.AddPage(n=1, page="own", kind="blank", width=9_000, height=9_000))
    driver.send("c_s", begin(2, "web-s.1", "own"))
    driver.join_pen("c_p", "p_teacher", "n")
    driver.now += 60
    driver.send("c_p", begin(1, "pen-n.1", None, "3.27.1.1"))
    assert driver.room.board.open_page == "page-1", "nobody was at another page"
    driver.send("c_s", wire.TurnPage(n=3, page="own"))
    driver.now += 60
    doing: dict[str, wire.Operation] = {
        "adds": wire.AddPage(n=4, page="new", kind="blank", width=9_000, height=9_000),
        "turns": wire.TurnPage(n=4, page="own"),
        "begins": begin(4, "web-s.2", "own"),
        "draws": wire.StrokePoints(n=4, stroke="web-s.1", points=points((1, 1))),
        "undoes": wire.UndoStroke(n=4, stroke="web-s.1"),
    }
    driver.send("c_s", doing[hand])
    at = driver.room.board.open_page
    driver.now += desk_module.HANDS_REST_S - 0.1
    driver.send("c_p", begin(2, "pen-n.2", None, "3.27.1.1"))
    driver.send("c_p", begin(3, "pen-n.3", None, "3.27.1.2"))
    assert driver.room.board.open_page == at != "page-1"
    pages = [driver.room.board.strokes[key].page for key in ("pen-n.2", "pen-n.3")]
    assert pages == ["page-1", driver.room.board.pages[-1].page], "written where the pen is"
    driver.now += 0.1
    driver.send("c_p", begin(4, "pen-n.4", None, "3.27.1.2"))
    assert driver.room.board.open_page == driver.room.board.pages[-1].page
    assert driver.refusals("c_s") == driver.refusals("c_p") == []


def test_a_chat_line_and_a_pen_are_no_hands(driver: RoomDriver) -> None:
    driver.join_pen("c_p", "p_teacher", "n")
    driver.send("c_p", begin(1, "pen-n.1", None, "3.27.1.1"))
    driver.send("c_s", wire.Say(n=1, text="hello"))
    driver.send("c_p", begin(2, "pen-n.2", None, "3.27.1.2"))
    assert driver.room.board.open_page == "page-2"


def test_a_page_id_a_client_took_does_not_stop_the_pen(driver: RoomDriver) -> None:
    add = wire.AddPage(n=1, page="page-3", kind="blank", width=10_000, height=10_000)
    driver.send("c_s", add)
    driver.join_pen("c_p", "p_teacher", "n")
    driver.send("c_p", begin(1, "pen-n.1", None, "3.27.1.1"))
    driver.send("c_p", begin(2, "pen-n.2", None, "3.27.1.2"))
    assert driver.refusals("c_p") == []
    assert len({page.page for page in driver.room.board.pages}) == 3


def test_a_photo_page_needs_a_photo_of_this_session(driver: RoomDriver) -> None:
    def add(n: int, page: str) -> wire.AddPage:
        return wire.AddPage(n=n, page=page, kind="photo", photo="ph_1", width=9_000, height=9_000)

    driver.send("c_s", add(1, "one"))
    assert driver.refusals("c_s") == [codes.UNKNOWN_PHOTO]
    assert driver.room.desk.photo_uploaded("ph_1", "5e" * 32)
    driver.send("c_s", add(2, "one"))
    driver.send("c_s", add(3, "one"))
    assert driver.refusals("c_s") == [codes.UNKNOWN_PHOTO, codes.PAGE_EXISTS]
    assert driver.room.board.open_page == "one"
    # The hash is the server's word: it goes to the tabs and into the recording.
    assert driver.room.board.pages[-1].photo_sha256 == "5e" * 32


def test_clearing_takes_the_strokes_of_one_page_and_late_points_do_no_harm(
    driver: RoomDriver,
) -> None:
    driver.send("c_s", begin(1, "web-s.1"))
    driver.send("c_t", wire.ClearPage(n=1, page="page-1"))
    driver.send("c_s", wire.StrokePoints(n=2, stroke="web-s.1", points=points((1, 1))))
    assert driver.refusals("c_s") == [codes.UNKNOWN_STROKE]
    assert driver.room.board.strokes == {}


def test_unknown_pages_are_refused(driver: RoomDriver) -> None:
    driver.send("c_t", begin(1, "web-t.1", "nowhere"))
    driver.send("c_t", wire.TurnPage(n=2, page="nowhere"))
    driver.send("c_t", wire.ClearPage(n=3, page="nowhere"))
    assert driver.refusals("c_t") == [codes.UNKNOWN_PAGE] * 3


def test_a_full_board_says_so(driver: RoomDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "MAX_STROKES", 2)
    monkeypatch.setattr(desk_module, "MAX_POINTS", 4)
    monkeypatch.setattr(desk_module, "MAX_PAGES", 1)
    driver.send("c_t", begin(1, "web-t.1"))
    driver.send("c_t", begin(2, "web-t.2"))
    driver.send("c_t", begin(3, "web-t.3"))
    driver.send("c_t", wire.StrokePoints(n=4, stroke="web-t.1", points=points((1, 1), (2, 2))))
    driver.send("c_t", wire.StrokePoints(n=5, stroke="web-t.1", points=points((3, 3))))
    driver.send("c_t", wire.AddPage(n=6, page="more", kind="blank", width=9_000, height=9_000))
    assert driver.refusals("c_t") == [codes.BOARD_FULL] * 3
    assert bounds.MAX_PAGES == 200
