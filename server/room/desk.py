"""What lies on the desk of a room: the rules for pages, strokes and chat.

The desk checks an operation and returns the makers of its events; the room gives them their
sequence number and time and hands them back to `apply`, so the board only ever changes by the
fold that every client and every replay uses too.
"""

from collections.abc import Callable
from functools import partial

from server.room.members import Connection
from wire import codes, fold, room as wire
from wire.board import (
    MAX_PAGES,
    MAX_POINTS,
    MAX_POINTS_A_STROKE,
    MAX_STROKES,
    Board,
    ChatLine,
    Page,
    Stroke,
)

Maker = Callable[[int, int], wire.Event]
"""Makes the event from `(seq, at)`."""

MAX_CHAT_LINES = 2000
MAX_PHOTOS = 100

A5_WIDTH, A5_HEIGHT = 14_800, 21_000


class NotAllowed(Exception):
    """An operation is refused, by a stable code and a text safe to show."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Desk:
    """Board, chat and photos of one room, with the rules for changing them."""

    def __init__(self) -> None:
        self.board = Board()
        self.chat: list[ChatLine] = []
        self.photos: dict[str, str] = {}
        """The SHA-256 of each photo that may be shown, by its id."""
        self.points = 0
        self.strokes_begun = 0
        self._papers: dict[str, str] = {}

    def apply(self, event: wire.Event) -> None:
        """Fold an event in; the one way anything here changes."""
        fold.apply(self.board, self.chat, event)

    def first_page(self, member: str) -> list[Maker]:
        """Return the events of the blank page that every room opens with."""
        page = Page(page="page-1", kind="blank", width=A5_WIDTH, height=A5_HEIGHT)
        return self._new_page(member, page)

    def photo_uploaded(self, photo: str, sha256: str) -> bool:
        """Take note of a stored photo that a page may show; false when there are too many."""
        if len(self.photos) >= MAX_PHOTOS:
            return False
        self.photos[photo] = sha256
        return True

    def do(self, sender: Connection, operation: wire.Operation) -> list[Maker]:
        """Check an operation and return its events; raise `NotAllowed`."""
        match operation:
            case wire.StrokePoints():
                return self._points(sender, operation)
            case wire.StrokeBegin():
                return self._begin(sender, operation)
            case wire.StrokeEnd():
                self._own_open(sender, operation.stroke)
                return [partial(_stroke_ended, operation.stroke)]
            case wire.UndoStroke():
                return self._undo(sender, operation)
            case wire.AddPage():
                return self._add_page(sender, operation)
            case wire.TurnPage():
                self._known_page(operation.page)
                if self.board.open_page == operation.page:
                    return []
                return [partial(_page_turned, sender.member, operation.page)]
            case wire.ClearPage():
                self._known_page(operation.page)
                return [partial(_page_cleared, sender.member, operation.page)]
            case wire.Say():
                if len(self.chat) >= MAX_CHAT_LINES:
                    raise NotAllowed(codes.FULL, "the chat of this session is full")
                return [partial(_said, sender.member, operation.text)]
            case _:
                raise NotAllowed(codes.BAD_MESSAGE, "the room knows no such operation")

    # --- strokes ---------------------------------------------------------------------------

    def _begin(self, sender: Connection, operation: wire.StrokeBegin) -> list[Maker]:
        stroke = operation.stroke
        if not stroke.startswith(f"{sender.source}."):
            raise NotAllowed(codes.FORBIDDEN, "a stroke's id starts with its source")
        if stroke in self.board.strokes:
            raise NotAllowed(codes.STROKE_EXISTS, "a stroke of that id is on the board")
        if len(self.board.strokes) >= MAX_STROKES:
            raise NotAllowed(codes.BOARD_FULL, f"a board holds {MAX_STROKES} strokes")
        self._count(len(operation.points))
        makers: list[Maker] = []
        if operation.page is not None:
            self._known_page(operation.page)
            page = operation.page
        else:
            page, makers = self._paper(sender, operation)
        self.strokes_begun += 1
        return [*makers, partial(_stroke_began, sender, operation, page)]

    def _points(self, sender: Connection, operation: wire.StrokePoints) -> list[Maker]:
        stroke = self._own_open(sender, operation.stroke)
        if len(stroke.points) + len(operation.points) > MAX_POINTS_A_STROKE:
            raise NotAllowed(codes.BOARD_FULL, f"a stroke holds {MAX_POINTS_A_STROKE} points")
        self._count(len(operation.points))
        return [partial(_points_drawn, operation)]

    def _undo(self, sender: Connection, operation: wire.UndoStroke) -> list[Maker]:
        stroke = self.board.strokes.get(operation.stroke)
        if stroke is None:
            raise NotAllowed(codes.UNKNOWN_STROKE, "no such stroke is on the board")
        if stroke.member != sender.member:
            raise NotAllowed(codes.FORBIDDEN, "only one's own stroke can be undone")
        return [partial(_stroke_undone, sender.member, operation.stroke)]

    def _own_open(self, sender: Connection, key: str) -> Stroke:
        stroke = self.board.strokes.get(key)
        if stroke is None:
            raise NotAllowed(codes.UNKNOWN_STROKE, "no such stroke is on the board")
        if stroke.source != sender.source:
            raise NotAllowed(codes.FORBIDDEN, "the stroke is another's")
        if stroke.ended:
            raise NotAllowed(codes.STROKE_ENDED, "the stroke is complete")
        return stroke

    def _count(self, points: int) -> None:
        if self.points + points > MAX_POINTS:
            raise NotAllowed(codes.BOARD_FULL, f"a session holds {MAX_POINTS} points")
        self.points += points

    # --- pages -----------------------------------------------------------------------------

    def _paper(self, sender: Connection, operation: wire.StrokeBegin) -> tuple[str, list[Maker]]:
        """Find or add the page of the dot paper under the pen, and open it."""
        known = self._papers.get(operation.paper)
        if known is not None:
            if self.board.open_page == known:
                return known, []
            return known, [partial(_page_turned, sender.member, known)]
        page = Page(
            page=self._free_page_id(),
            kind="paper",
            width=operation.paper_width,
            height=operation.paper_height,
            paper=operation.paper,
        )
        makers = self._new_page(sender.member, page)
        self._papers[operation.paper] = page.page
        return page.page, makers

    def _add_page(self, sender: Connection, operation: wire.AddPage) -> list[Maker]:
        if operation.kind == "photo" and operation.photo not in self.photos:
            raise NotAllowed(codes.UNKNOWN_PHOTO, "no such photo was uploaded to this session")
        page = Page(
            page=operation.page,
            kind=operation.kind,
            width=operation.width,
            height=operation.height,
            photo=operation.photo if operation.kind == "photo" else None,
            photo_sha256=self.photos[operation.photo or ""] if operation.kind == "photo" else "",
        )
        return self._new_page(sender.member, page)

    def _new_page(self, member: str, page: Page) -> list[Maker]:
        if any(known.page == page.page for known in self.board.pages):
            raise NotAllowed(codes.PAGE_EXISTS, "a page of that id is there already")
        if len(self.board.pages) >= MAX_PAGES:
            raise NotAllowed(codes.BOARD_FULL, f"a board holds {MAX_PAGES} pages")
        return [partial(_page_added, member, page), partial(_page_turned, member, page.page)]

    def _free_page_id(self) -> str:
        taken = {page.page for page in self.board.pages}
        number = len(taken) + 1
        while f"page-{number}" in taken:  # a client chose this id for a page of its own
            number += 1
        return f"page-{number}"

    def _known_page(self, page: str) -> None:
        if all(known.page != page for known in self.board.pages):
            raise NotAllowed(codes.UNKNOWN_PAGE, "no such page is in this room")


def _stroke_began(
    sender: Connection, operation: wire.StrokeBegin, page: str, seq: int, at: int
) -> wire.Event:
    return wire.StrokeBegan(
        seq=seq,
        at=at,
        stroke=operation.stroke,
        page=page,
        member=sender.member,
        source=sender.source,
        tool=operation.tool,
        colour=operation.colour,
        width=operation.width,
        points=operation.points,
    )


def _points_drawn(operation: wire.StrokePoints, seq: int, at: int) -> wire.Event:
    return wire.PointsDrawn(seq=seq, at=at, stroke=operation.stroke, points=operation.points)


def _stroke_ended(stroke: str, seq: int, at: int) -> wire.Event:
    return wire.StrokeEnded(seq=seq, at=at, stroke=stroke)


def _stroke_undone(member: str, stroke: str, seq: int, at: int) -> wire.Event:
    return wire.StrokeUndone(seq=seq, at=at, stroke=stroke, member=member)


def _page_added(member: str, page: Page, seq: int, at: int) -> wire.Event:
    return wire.PageAdded(seq=seq, at=at, member=member, page=page)


def _page_turned(member: str, page: str, seq: int, at: int) -> wire.Event:
    return wire.PageTurned(seq=seq, at=at, member=member, page=page)


def _page_cleared(member: str, page: str, seq: int, at: int) -> wire.Event:
    return wire.PageCleared(seq=seq, at=at, member=member, page=page)


def _said(member: str, text: str, seq: int, at: int) -> wire.Event:
    return wire.Said(seq=seq, at=at, member=member, text=text)
