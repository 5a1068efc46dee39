// Small decisions of the console: quality in a word, whether the pen writes, page pictures.
import { describe, expect, it } from 'vitest'
import { penInk } from '@/features/call/console/penInk'
import { inkByPage } from '@/features/call/console/thumbs'
import { gradeOf } from '@/media/quality'
import { apply, emptyBoard } from '@/wire/fold'
import type { Board, Quality } from '@/wire/messages'

const quality = (more: Partial<Quality>): Quality => ({
  type: 'quality',
  member: 'stu',
  voice: 'connected',
  loss: 0,
  rtt_ms: 40,
  jitter_ms: 5,
  level: -30,
  ...more,
})

describe('gradeOf', () => {
  it.each([
    [undefined, 'none'],
    [quality({ voice: 'connecting' }), 'none'],
    [quality({}), 'good'],
    [quality({ loss: 0.05 }), 'fair'],
    [quality({ rtt_ms: 400 }), 'fair'],
    [quality({ loss: 0.2 }), 'poor'],
    [quality({ voice: 'interrupted' }), 'poor'],
  ] as const)('%o is %s', (given, grade) => {
    expect(gradeOf(given)).toBe(grade)
  })
})

function boardWith(strokes: { id: string; member: string; page: string }[]): Board {
  const board = emptyBoard()
  let seq = 0
  for (const page of ['a', 'b']) {
    apply(board, [], {
      type: 'page_added',
      seq: ++seq,
      at: 0,
      member: 'tea',
      page: { page, kind: 'paper', width: 14_800, height: 21_000, paper: '', photo: null },
    })
  }
  for (const { id, member, page } of strokes) {
    apply(board, [], {
      type: 'stroke_began',
      seq: ++seq,
      at: 0,
      stroke: id,
      page,
      member,
      source: id.split('.')[0]!,
      tool: 'pen',
      colour: '#1a1a1a',
      width: 50,
      points: [[0, 0, 500, 0]],
    })
  }
  return board
}

describe('penInk', () => {
  it('changes with the pen’s points and not with hand-drawn or the student’s ones', () => {
    const board = boardWith([
      { id: 'pen7.1', member: 'tea', page: 'a' },
      { id: 'web1.1', member: 'tea', page: 'a' },
      { id: 'web2.1', member: 'stu', page: 'a' },
    ])
    const before = penInk(board, 'tea', 'web1')
    const draw = (stroke: string): void =>
      apply(board, [], { type: 'points_drawn', seq: 99, at: 1, stroke, points: [[1, 1, 500, 9]] })
    draw('web1.1')
    draw('web2.1')
    expect(penInk(board, 'tea', 'web1')).toBe(before)
    draw('pen7.1')
    expect(penInk(board, 'tea', 'web1')).not.toBe(before)
  })
})

describe('inkByPage', () => {
  it('puts every stroke on its page and marks only the page that changed', () => {
    const board = boardWith([
      { id: 'w.1', member: 'tea', page: 'a' },
      { id: 'w.2', member: 'tea', page: 'b' },
    ])
    const before = inkByPage(board)
    apply(board, [], {
      type: 'points_drawn',
      seq: 9,
      at: 1,
      stroke: 'w.2',
      points: [[5, 5, 500, 9]],
    })
    const after = inkByPage(board)
    expect(after.get('a')!.strokes).toHaveLength(1)
    expect(after.get('a')!.mark).toBe(before.get('a')!.mark)
    expect(after.get('b')!.mark).not.toBe(before.get('b')!.mark)
  })
})
