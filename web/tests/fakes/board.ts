// Boards for tests: pages and strokes with as few words as possible.
import { apply, emptyBoard } from '@/wire/fold'
import type { Board, Page, Point, Stroke } from '@/wire/messages'

export function page(name: string, more: Partial<Page> = {}): Page {
  return {
    page: name,
    kind: 'blank',
    width: 10_000,
    height: 10_000,
    paper: '',
    photo: null,
    ...more,
  }
}

/** A straight line between two points of the page. */
export function line(x: number, y: number, toX: number, toY: number, count = 5): Point[] {
  return Array.from({ length: count }, (_, n): Point => {
    const share = count === 1 ? 0 : n / (count - 1)
    return [Math.round(x + (toX - x) * share), Math.round(y + (toY - y) * share), 600, n ? 8 : 0]
  })
}

export function stroke(id: string, more: Partial<Stroke> = {}): Stroke {
  const who = { stroke: id, page: 'a', member: 'stu', source: id.split('.')[0]! }
  const how = { tool: 'pen' as const, colour: '#1a1a1a', width: 50, ended: true }
  return { ...who, ...how, points: line(2_000, 2_000, 3_000, 3_000), ...more }
}

export function board(pages: Page[], strokes: Stroke[] = []): Board {
  const made = emptyBoard()
  let seq = 0
  for (const one of pages) {
    apply(made, [], { type: 'page_added', seq: ++seq, at: 0, member: 'tea', page: one })
  }
  for (const one of strokes) made.strokes[one.stroke] = one
  made.open_page = pages[0]?.page ?? null
  return made
}
