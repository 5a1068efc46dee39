// Which strokes count as settled: ended ones, and those that have stood still for a while. Pure.
// @vitest-environment node
import { expect, it } from 'vitest'
import { Settling } from '@/board/settling'
import { line, stroke } from '../fakes/board'

const ended = stroke('w.1')
const live = () => stroke('w.2', { ended: false, points: line(0, 0, 100, 0) })

it('everything that has ended is settled, and nothing is waited for', () => {
  expect(new Settling().look([ended, stroke('w.3')], 0)).toEqual({ settled: 2, waitMs: null })
})

it('what comes after a growing stroke waits with it', () => {
  const settling = new Settling()
  expect(settling.look([ended, live(), stroke('w.3')], 0)).toEqual({ settled: 1, waitMs: 3_000 })
})

it('one that stands still is settled after three seconds, and not when it has grown', () => {
  const settling = new Settling()
  const growing = live()
  settling.look([growing], 0)
  expect(settling.look([growing], 1_000)).toEqual({ settled: 0, waitMs: 2_000 })
  growing.points.push([200, 0, 10, 8])
  expect(settling.grows(growing)).toBe(true)
  expect(settling.look([growing], 2_999)).toEqual({ settled: 0, waitMs: 3_000 })
  expect(settling.grows(growing)).toBe(false)
  expect(settling.look([growing], 5_999)).toEqual({ settled: 1, waitMs: null })
})

it('forgets what it saw when the page is another', () => {
  const settling = new Settling()
  settling.look([live()], 0)
  settling.clear()
  expect(settling.look([live()], 9_000)).toEqual({ settled: 0, waitMs: 3_000 })
})
