// What a board and a chat are after an event: the same fold as wire/fold.py, event by event.
import type { Board, ChatLine, RoomEvent } from './messages'

export function emptyBoard(): Board {
  return { pages: [], strokes: {}, open_page: null }
}

/** Change `board` and `chat` in place by one event; events about other things change nothing. */
export function apply(board: Board, chat: ChatLine[], event: RoomEvent): void {
  switch (event.type) {
    case 'points_drawn': {
      const stroke = board.strokes[event.stroke]
      if (stroke) for (const point of event.points) stroke.points.push(point)
      break
    }
    case 'stroke_began':
      board.strokes[event.stroke] = {
        stroke: event.stroke,
        page: event.page,
        member: event.member,
        source: event.source,
        tool: event.tool,
        colour: event.colour,
        width: event.width,
        points: [...event.points],
        ended: false,
      }
      break
    case 'stroke_ended': {
      const stroke = board.strokes[event.stroke]
      if (stroke) stroke.ended = true
      break
    }
    case 'stroke_undone':
      delete board.strokes[event.stroke]
      break
    case 'page_added': {
      const place = board.pages.findIndex((known) => known.page === event.page.page)
      if (place < 0) board.pages.push(event.page)
      else board.pages[place] = event.page
      break
    }
    case 'page_turned':
      board.open_page = event.page
      break
    case 'page_cleared':
      for (const [key, stroke] of Object.entries(board.strokes)) {
        if (stroke.page === event.page) delete board.strokes[key]
      }
      break
    case 'said':
      chat.push({ seq: event.seq, at: event.at, member: event.member, text: event.text })
      break
    default:
      break
  }
}
