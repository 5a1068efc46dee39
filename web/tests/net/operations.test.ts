// What waits to be confirmed: numbers, the window, joined points, and coming back after a loss.
// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import { MAX_WAITING, MAX_WAITING_POINTS, OperationQueue, WINDOW } from '@/net/operations'
import { MAX_POINTS_A_MESSAGE, type Operation, type Point } from '@/wire/messages'

const dots = (count: number): Point[] => Array.from({ length: count }, (_, n) => [n, 0, 500, 8])
const style = { page: 'p', tool: 'pen' as const, colour: '#1a1a1a', width: 50 }
const begin = (stroke = 'w.1', count = 1) =>
  queue.add({ type: 'stroke_begin', stroke, ...style, points: dots(count) })
const more = (stroke = 'w.1', count = 1) =>
  queue.add({ type: 'stroke_points', stroke, points: dots(count) })
const end = (stroke = 'w.1') => queue.add({ type: 'stroke_end', stroke })
const say = (times = 1) => {
  for (let n = 0; n < times; n += 1) queue.add({ type: 'say', text: 'x' })
}
const brief = (operations: readonly Operation[]) =>
  operations.map((one) => `${one.n} ${one.type}${'points' in one ? ` ${one.points.length}` : ''}`)

let queue: OperationQueue
beforeEach(() => void (queue = new OperationQueue()))

describe('numbers', () => {
  it('grow by one, and each goes out once', () => {
    begin()
    end()
    expect(brief(queue.take())).toEqual(['1 stroke_begin 1', '2 stroke_end'])
    expect(queue.take()).toEqual([])
    say()
    expect(brief(queue.take())).toEqual(['3 say'])
    expect(queue.length).toBe(3)
  })

  it('confirmed up to one, the rest waits on', () => {
    say(3)
    queue.take()
    queue.acknowledged(2)
    expect(brief(queue.all)).toEqual(['3 say'])
    expect([queue.find(2), queue.find(3)?.type]).toEqual([undefined, 'say'])
  })

  it('no more are under way than the window, and it moves with what is confirmed', () => {
    say(WINDOW + 10)
    expect(queue.take()).toHaveLength(WINDOW)
    expect(queue.take()).toHaveLength(0)
    queue.acknowledged(4)
    expect(queue.take().map((one) => one.n)).toEqual([1, 2, 3, 4].map((n) => WINDOW + n))
  })
})

describe('points', () => {
  it('join what has not gone out yet', () => {
    begin('w.1', 2)
    more('w.1', 3)
    more('w.1', 4)
    expect(brief(queue.take())).toEqual(['1 stroke_begin 9'])
  })

  it.each([
    ['what has gone out', () => queue.take(), '2 stroke_points 1'],
    ['another stroke', () => begin('w.2'), '3 stroke_points 1'],
    ['something else between', () => say(), '3 stroke_points 1'],
    ['a full message', () => more('w.1', MAX_POINTS_A_MESSAGE - 1), '2 stroke_points 1'],
  ])('do not join %s', (_, between, last) => {
    begin()
    between()
    more()
    expect(brief(queue.all).at(-1)).toBe(last)
  })

  it('of the caller stay the caller’s: joining changes no list that was handed over', () => {
    const mine = dots(1)
    queue.add({ type: 'stroke_begin', stroke: 'w.1', ...style, points: mine })
    more()
    expect(mine).toHaveLength(1)
  })
})

describe('when too much waits', () => {
  it.each([
    ['operations', () => say(MAX_WAITING - 1), () => say()],
    [
      'points',
      () => {
        for (let n = 0; n < MAX_WAITING_POINTS / 500 - 1; n += 1) begin(`w.${n}`, 500)
      },
      () => begin('w.x', 500),
    ],
  ])('of %s it is full, and no longer after a confirmation', (_, almost, last) => {
    almost()
    expect(queue.full).toBe(false)
    last()
    expect(queue.full).toBe(true)
    queue.acknowledged(1)
    expect(queue.full).toBe(false)
  })

  it('joined points count, too', () => {
    begin()
    for (let n = 0; n < MAX_WAITING_POINTS / 100; n += 1) more('w.1', 100)
    expect(queue.full).toBe(true)
  })
})

describe('a new connection', () => {
  it('gets again what the server has not done, and nothing it has', () => {
    begin()
    more()
    end()
    say()
    queue.take()
    queue.resync(2)
    expect(brief(queue.take())).toEqual(['3 say'])
  })

  it('a server that knows none of it gets all, numbered from the start', () => {
    say(3)
    queue.take()
    queue.acknowledged(2)
    queue.resync(0)
    expect(brief(queue.take())).toEqual(['1 say'])
    say()
    expect(brief(queue.take())).toEqual(['2 say'])
  })

  it('has no gap, though a reload kept fewer than were sent', () => {
    queue.restore([
      { type: 'say', n: 7, text: 'x' },
      { type: 'say', n: 9, text: 'y' },
    ])
    queue.resync(5)
    expect(brief(queue.take())).toEqual(['6 say', '7 say'])
  })

  it('what an earlier life kept comes before what is new, and counts as waiting', () => {
    queue.restore([{ type: 'stroke_points', n: 3, stroke: 'w.1', points: dots(5) }])
    say()
    queue.resync(2)
    expect(brief(queue.take())).toEqual(['3 stroke_points 5', '4 say'])
    queue.acknowledged(4)
    expect([queue.length, queue.full]).toEqual([0, false])
  })
})
