"""What lies on the desk of a room: the rules for pages, strokes and chat.

The desk checks an operation and writes its events into the room's journal, which folds them: the
board only ever changes by the fold that every client and every replay uses too. Whatever can be
refused is asked before the first event is written.
"""

from server.room.effects import ToAll
from server.room.journal import Journal
from server.room.members import Connection
from wire import codes, room as wire
from wire.board import (
    MAX_PAGES,
    MAX_POINTS,
    MAX_POINTS_A_STROKE,
    MAX_STROKES,
    Page,
    Stroke,
)

MAX_CHAT_LINES = 2000
MAX_PHOTOS = 100

HANDS_REST_S = 6.0
"""The board goes with a pen when no hand has written on it or turned it for so long."""

A5_WIDTH, A5_HEIGHT = 14_800, 21_000


class NotAllowed(Exception):
    """An operation is refused, by a stable code and a text safe to show."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Desk:
    """Board, chat and photos of one room, with the rules for changing them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.board = journal.board
        self.chat = journal.chat
        self.photos: dict[str, str] = {}
        """The SHA-256 of each photo that may be shown, by its id."""
        self.points = 0
        self.strokes_begun = 0
        self._papers: dict[str, str] = {}
        self._untouched: Page | None = None
        """The page the room opened with, until somebody writes on it."""
        self._handled_at: float | None = None
        """When a hand last wrote, erased, added or turned; pens are none."""

    def first_page(self, member: str, now: float) -> list[ToAll]:
        """Lay down the blank page that every room opens with."""
        page = Page(page="page-1", kind="blank", width=A5_WIDTH, height=A5_HEIGHT)
        events = self._new_page(member, page, now)
        self._untouched = page
        return events

    def photo_uploaded(self, photo: str, sha256: str) -> bool:
        """Take note of a stored photo that a page may show; false when there are too many."""
        if len(self.photos) >= MAX_PHOTOS:
            return False
        self.photos[photo] = sha256
        return True

    def do(self, sender: Connection, operation: wire.Operation, now: float) -> list[ToAll]:
        """Check an operation, write its events and return them; raise `NotAllowed`, and nothing has changed."""
        events = self._do(sender, operation, now)
        if not sender.pen and not isinstance(operation, wire.Say):
            self._handled_at = now
        return events

    def _do(self, sender: Connection, operation: wire.Operation, now: float) -> list[ToAll]:
        match operation:
            case wire.StrokePoints():
                return self._points(sender, operation, now)
            case wire.StrokeBegin():
                return self._begin(sender, operation, now)
            case wire.StrokeEnd():
                return self._end(sender, operation, now)
            case wire.UndoStroke():
                return self._undo(sender, operation, now)
            case wire.AddPage():
                return self._add_page(sender, operation, now)
            case wire.TurnPage():
                self._known_page(operation.page)
                return self._turn(sender.member, operation.page, now)
            case wire.ClearPage():
                return self._clear(sender, operation, now)
            case wire.Say():
                return self._say(sender, operation, now)
            case _:
                raise NotAllowed(codes.BAD_MESSAGE, "the room knows no such operation")

    # --- strokes ---------------------------------------------------------------------------

    def _begin(self, sender: Connection, operation: wire.StrokeBegin, now: float) -> list[ToAll]:
        key = operation.stroke
        if not key.startswith(f"{sender.source}."):
            raise NotAllowed(codes.FORBIDDEN, "a stroke's id starts with its source")
        if key in self.board.strokes:
            raise NotAllowed(codes.STROKE_EXISTS, "a stroke of that id is on the board")
        if len(self.board.strokes) >= MAX_STROKES:
            raise NotAllowed(codes.BOARD_FULL, f"a board holds {MAX_STROKES} strokes")
        self._room_for(len(operation.points))
        events: list[ToAll] = []
        if operation.page is not None:
            self._known_page(operation.page)
            page = operation.page
        else:
            page, events = self._paper(sender, operation, now)
        if self._untouched is not None and self._untouched.page == page:
            self._untouched = None
        self.points += len(operation.points)
        self.strokes_begun += 1
        began = self._journal.write(
            now,
            lambda seq, at: wire.StrokeBegan(
                seq=seq,
                at=at,
                stroke=key,
                page=page,
                member=sender.member,
                source=sender.source,
                tool=operation.tool,
                colour=operation.colour,
                width=operation.width,
                points=operation.points,
            ),
        )
        return [*events, began]

    def _points(self, sender: Connection, operation: wire.StrokePoints, now: float) -> list[ToAll]:
        key, points = operation.stroke, operation.points
        stroke = self._own_open(sender, key)
        if len(stroke.points) + len(points) > MAX_POINTS_A_STROKE:
            raise NotAllowed(codes.BOARD_FULL, f"a stroke holds {MAX_POINTS_A_STROKE} points")
        self._room_for(len(points))
        self.points += len(points)
        drawn = self._journal.write(
            now, lambda seq, at: wire.PointsDrawn(seq=seq, at=at, stroke=key, points=points)
        )
        return [drawn]

    def _end(self, sender: Connection, operation: wire.StrokeEnd, now: float) -> list[ToAll]:
        key = operation.stroke
        self._own_open(sender, key)
        ended = self._journal.write(
            now, lambda seq, at: wire.StrokeEnded(seq=seq, at=at, stroke=key)
        )
        return [ended]

    def _undo(self, sender: Connection, operation: wire.UndoStroke, now: float) -> list[ToAll]:
        key, member = operation.stroke, sender.member
        stroke = self.board.strokes.get(key)
        if stroke is None:
            raise NotAllowed(codes.UNKNOWN_STROKE, "no such stroke is on the board")
        if stroke.member != member:
            raise NotAllowed(codes.FORBIDDEN, "only one's own stroke can be undone")
        undone = self._journal.write(
            now, lambda seq, at: wire.StrokeUndone(seq=seq, at=at, stroke=key, member=member)
        )
        return [undone]

    def _own_open(self, sender: Connection, key: str) -> Stroke:
        stroke = self.board.strokes.get(key)
        if stroke is None:
            raise NotAllowed(codes.UNKNOWN_STROKE, "no such stroke is on the board")
        if stroke.source != sender.source:
            raise NotAllowed(codes.FORBIDDEN, "the stroke is another's")
        if stroke.ended:
            raise NotAllowed(codes.STROKE_ENDED, "the stroke is complete")
        return stroke

    def _room_for(self, points: int) -> None:
        if self.points + points > MAX_POINTS:
            raise NotAllowed(codes.BOARD_FULL, f"a session holds {MAX_POINTS} points")

    # --- pages -----------------------------------------------------------------------------

    def _paper(
        self, sender: Connection, operation: wire.StrokeBegin, now: float
    ) -> tuple[str, list[ToAll]]:
        """Find or add the page of the dot paper under the pen, and open it if no hand is at another.

        The first sheet takes the place of the room's blank page while nobody has written there, and
        its id too: a stroke on its way to that page finds the sheet.
        """
        known = self._papers.get(operation.paper)
        if known is not None:
            return known, self._follow(sender, known, now)
        blank = self._untouched
        page = Page(
            page=blank.page if blank else self._free_page_id(),
            kind="paper",
            width=operation.paper_width,
            height=operation.paper_height,
            paper=operation.paper,
        )
        added = self._lay(sender.member, page, now, in_place=blank is not None)
        self._papers[operation.paper] = page.page
        return page.page, [added, *self._follow(sender, page.page, now)]

    def _follow(self, sender: Connection, page: str, now: float) -> list[ToAll]:
        """Open the page that is written on, unless a pen would pull it from under a hand."""
        handled = self._handled_at
        if sender.pen and handled is not None and now - handled < HANDS_REST_S:
            return []
        return self._turn(sender.member, page, now)

    def _add_page(self, sender: Connection, operation: wire.AddPage, now: float) -> list[ToAll]:
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
        return self._new_page(sender.member, page, now)

    def _new_page(self, member: str, page: Page, now: float) -> list[ToAll]:
        return [self._lay(member, page, now), *self._turn(member, page.page, now)]

    def _lay(self, member: str, page: Page, now: float, *, in_place: bool = False) -> ToAll:
        if not in_place and any(known.page == page.page for known in self.board.pages):
            raise NotAllowed(codes.PAGE_EXISTS, "a page of that id is there already")
        if not in_place and len(self.board.pages) >= MAX_PAGES:
            raise NotAllowed(codes.BOARD_FULL, f"a board holds {MAX_PAGES} pages")
        return self._journal.write(
            now, lambda seq, at: wire.PageAdded(seq=seq, at=at, member=member, page=page)
        )

    def _turn(self, member: str, page: str, now: float) -> list[ToAll]:
        if self.board.open_page == page:
            return []
        turned = self._journal.write(
            now, lambda seq, at: wire.PageTurned(seq=seq, at=at, member=member, page=page)
        )
        return [turned]

    def _clear(self, sender: Connection, operation: wire.ClearPage, now: float) -> list[ToAll]:
        page, member = operation.page, sender.member
        self._known_page(page)
        cleared = self._journal.write(
            now, lambda seq, at: wire.PageCleared(seq=seq, at=at, member=member, page=page)
        )
        return [cleared]

    def _free_page_id(self) -> str:
        taken = {page.page for page in self.board.pages}
        number = len(taken) + 1
        while f"page-{number}" in taken:  # a client chose this id for a page of its own
            number += 1
        return f"page-{number}"

    def _known_page(self, page: str) -> None:
        if all(known.page != page for known in self.board.pages):
            raise NotAllowed(codes.UNKNOWN_PAGE, "no such page is in this room")

    # --- chat ------------------------------------------------------------------------------

    def _say(self, sender: Connection, operation: wire.Say, now: float) -> list[ToAll]:
        text, member = operation.text, sender.member
        if len(self.chat) >= MAX_CHAT_LINES:
            raise NotAllowed(codes.FULL, "the chat of this session is full")
        said = self._journal.write(
            now, lambda seq, at: wire.Said(seq=seq, at=at, member=member, text=text)
        )
        return [said]
