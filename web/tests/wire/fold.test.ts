// The fold, against the examples the server's fold is tested with.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { apply, emptyBoard } from '@/wire/fold'
import type { Board, ChatLine, RoomEvent } from '@/wire/messages'

interface Example {
  name: string
  events: RoomEvent[]
  board: Board
  chat: ChatLine[]
}
const examples = JSON.parse(readFileSync('../tests/fixtures/folds.json', 'utf8')) as Example[]

it.each(examples)('$name', ({ events, board, chat }) => {
  const folded = emptyBoard()
  const said: ChatLine[] = []
  for (const event of events) apply(folded, said, event)
  expect(folded).toEqual(board)
  expect(Object.keys(folded.strokes)).toEqual(Object.keys(board.strokes))
  expect(said).toEqual(chat)
})

it('does not share the points of an event with the board', () => {
  const began: RoomEvent = {
    type: 'stroke_began',
    seq: 1,
    at: 0,
    stroke: 's.1',
    page: 'p',
    member: 'm',
    source: 's',
    tool: 'pen',
    colour: '#000000',
    width: 50,
    points: [[1, 2, 3, 0]],
  }
  const board = emptyBoard()
  apply(board, [], began)
  apply(board, [], { type: 'points_drawn', seq: 2, at: 1, stroke: 's.1', points: [[4, 5, 6, 1]] })
  expect(began.points).toHaveLength(1)
  expect(board.strokes['s.1']!.points).toHaveLength(2)
})
