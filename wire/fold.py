"""The fold: what a board and a chat are after an event. Room, late-comer and replay share it."""

from wire.board import Board, ChatLine, Page, Stroke
from wire.room import (
    Event,
    PageAdded,
    PageCleared,
    PageTurned,
    PointsDrawn,
    Said,
    StrokeBegan,
    StrokeEnded,
    StrokeUndone,
)


def apply(board: Board, chat: list[ChatLine], event: Event) -> None:
    """Change `board` and `chat` in place by one event; events about other things change nothing.

    Events come from a room that checked them, so an event about an unknown stroke can only stand
    after a `page_cleared` or `stroke_undone` that took the stroke away while it was being drawn:
    it is ignored.
    """
    match event:
        case PointsDrawn():
            if stroke := board.strokes.get(event.stroke):
                stroke.points.extend(event.points)
        case StrokeBegan():
            board.strokes[event.stroke] = Stroke(
                stroke=event.stroke,
                page=event.page,
                member=event.member,
                source=event.source,
                tool=event.tool,
                colour=event.colour,
                width=event.width,
                points=list(event.points),
            )
        case StrokeEnded():
            if stroke := board.strokes.get(event.stroke):
                stroke.ended = True
        case StrokeUndone():
            board.strokes.pop(event.stroke, None)
        case PageAdded():
            _add(board.pages, event.page)
        case PageTurned():
            board.open_page = event.page
        case PageCleared():
            gone = [key for key, stroke in board.strokes.items() if stroke.page == event.page]
            for key in gone:
                del board.strokes[key]
        case Said():
            chat.append(ChatLine(seq=event.seq, at=event.at, member=event.member, text=event.text))
        case _:
            pass


def _add(pages: list[Page], page: Page) -> None:
    """Lay a page at the end, or in the place of the one that has its id."""
    for index, known in enumerate(pages):
        if known.page == page.page:
            pages[index] = page
            return
    pages.append(page)
