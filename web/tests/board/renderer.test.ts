// What the board draws, where, and how little of it.
import { describe, expect, it, vi } from 'vitest'
import type { Stroke } from '@/wire/messages'
import { board, line, page, stroke } from '../fakes/board'
import {
  area,
  around,
  at,
  cache,
  clear,
  DESK,
  frame,
  painted,
  renderer,
  screen,
  show,
} from '../fakes/renderer'

describe('a page', () => {
  it('lies whole on the desk, its ink where it was written', () => {
    renderer.resize(500, 500, 1)
    const shown = board([page('a')], [stroke('w.1', { points: line(2_000, 2_000, 4_000, 2_000) })])
    show(shown)
    frame()
    const [desk, edge, sheet] = cache.of('fillRect').slice(-3)
    expect(desk).toMatchObject({ colour: DESK, on: { left: 0, top: 0, right: 500, bottom: 500 } })
    expect(edge!.on.left).toBeCloseTo(11)
    expect(sheet!.colour).toBe('#ffffff')
    expect(sheet!.on.left).toBeCloseTo(12)
    expect(sheet!.on.bottom).toBeCloseTo(488)
    const [ink] = cache.of('fill')
    expect(around(ink!.on, at(3_000, 2_000))).toBe(true)
    expect(around(ink!.on, at(3_000, 2_400))).toBe(false)
    expect(screen.of('picture').at(-1)!.on).toEqual({ left: 0, top: 0, right: 500, bottom: 500 })
  })

  it('is as sharp as the screen is, three times at most', () => {
    renderer.resize(400, 300, 2)
    expect(screen.canvas).toMatchObject({ width: 800, height: 600 })
    show(board([page('a')], [stroke('w.1')]))
    frame()
    expect(around(cache.of('fill')[0]!.on, at(2_500, 2_500, 2))).toBe(true)
    renderer.resize(400, 300, 5)
    expect(screen.canvas).toMatchObject({ width: 1200, height: 900 })
  })

  it('of nobody is the empty desk', () => {
    renderer.resize(300, 200, 1)
    show(board([]))
    frame()
    expect(screen.calls.at(-1)).toMatchObject({ do: 'fillRect', colour: DESK })
    expect(cache.calls).toEqual([])
  })

  it('stays clear of what covers the bottom', () => {
    renderer.resize(500, 500, 1, 200)
    show(board([page('a')]))
    frame()
    expect(at(0, 10_000)[1]).toBeLessThanOrEqual(300)
  })

  it('is shown again at once after the window changed, fitted to it', () => {
    renderer.resize(500, 500, 1)
    show(board([page('a')]))
    frame()
    clear()
    renderer.resize(250, 250, 1)
    expect(screen.of('picture')).toHaveLength(1)
    expect(at(10_000, 10_000)[0]).toBeLessThanOrEqual(250)
  })

  it('that a gesture moved stays where it is when the window changes', () => {
    renderer.resize(500, 500, 1)
    show(board([page('a')]))
    renderer.zoom(2)
    const { scale } = renderer.view
    renderer.resize(450, 500, 1)
    expect(renderer.view.scale).toBe(scale)
  })

  it('prints dots on paper and on nothing else', () => {
    renderer.resize(500, 500, 1)
    show(board([page('a', { kind: 'paper' })]))
    frame()
    const dots = cache.of('fillRect').filter((call) => call.colour === '#b9c3cc')
    expect(dots).toHaveLength(19 * 19)
    clear()
    show(board([page('b')]))
    frame()
    expect(cache.of('fillRect').some((call) => call.colour === '#b9c3cc')).toBe(false)
  })
})

describe('ink', () => {
  it('of other pages is not shown, and turning the page shows its own', () => {
    renderer.resize(500, 500, 1)
    const shown = board(
      [page('a'), page('b')],
      [stroke('w.1', { colour: '#111111' }), stroke('w.2', { page: 'b', colour: '#222222' })],
    )
    show(shown)
    frame()
    expect(cache.ink()).toEqual(['#111111'])
    clear()
    show(shown, { page: 'b' })
    frame()
    expect(cache.ink()).toEqual(['#222222'])
    expect(screen.of('picture')[0]!.on).toEqual({ left: 0, top: 0, right: 500, bottom: 500 })
  })

  it('is laid down in the order the strokes began, a highlighter see-through between them', () => {
    renderer.resize(500, 500, 1)
    show(
      board(
        [page('a')],
        [
          stroke('w.1', { colour: '#111111' }),
          stroke('h.1', { tool: 'highlighter', colour: '#ffd400', width: 500 }),
          stroke('w.2', { colour: '#222222' }),
        ],
      ),
    )
    frame()
    expect(cache.ink()).toEqual(['#111111', '#ffd400', '#222222'])
    const [pen, mark, after] = cache.of('fill')
    expect(pen).toMatchObject({ alpha: 1, mode: 'source-over' })
    expect(mark!.mode).toBe('multiply')
    expect(mark!.alpha).toBeLessThan(0.6)
    expect(after).toMatchObject({ alpha: 1, mode: 'source-over' })
  })

  it('of one’s own is shown before the server has it, and only once after', () => {
    renderer.resize(500, 500, 1)
    const shown = board([page('a')], [stroke('w.1', { colour: '#111111' })])
    const own = stroke('me.1', { colour: '#00aa00', ended: false })
    show(shown, { overlay: { 'me.1': own } })
    frame()
    expect(screen.ink()).toEqual(['#00aa00'])
    shown.strokes['me.1'] = { ...own, points: own.points.slice(0, 1) }
    clear()
    show(shown, { overlay: { 'me.1': own } })
    renderer.request(true)
    frame()
    expect([...cache.ink(), ...screen.ink()]).toEqual(['#00aa00'])
    expect(around(screen.of('fill')[0]!.on, at(2_500, 2_500))).toBe(true)
  })

  it('being undone is gone before the server answered', () => {
    renderer.resize(500, 500, 1)
    const shown = board(
      [page('a')],
      [stroke('w.1', { colour: '#111111' }), stroke('w.2', { colour: '#222222' })],
    )
    show(shown)
    frame()
    clear()
    show(shown, { hidden: new Set(['w.2']) })
    frame()
    expect(cache.ink()).toEqual(['#111111'])
  })

  it('tells when new points were painted, and not when none were', () => {
    renderer.resize(500, 500, 1)
    const live = stroke('w.1', { ended: false, points: line(2_000, 2_000, 3_000, 2_000) })
    const shown = board([page('a')], [live])
    show(shown)
    frame()
    expect(painted).toHaveLength(1)
    renderer.request(true)
    frame()
    expect(painted).toHaveLength(1)
    live.points.push([3_500, 2_000, 600, 8])
    show(shown)
    frame()
    expect(painted).toHaveLength(2)
  })
})

describe('the cache', () => {
  function many(count: number): Stroke[] {
    return Array.from({ length: count }, (_, n) => stroke(`w.${n}`, { colour: '#111111' }))
  }

  it('draws what is settled once: a new stroke costs one stroke', () => {
    renderer.resize(500, 500, 1)
    const shown = board([page('a')], many(50))
    show(shown)
    frame()
    expect(cache.ink()).toHaveLength(50)
    clear()
    shown.strokes['n.1'] = stroke('n.1', { colour: '#cc0000' })
    show(shown)
    frame()
    expect(cache.ink()).toEqual(['#cc0000'])
    expect(screen.ink()).toEqual([])
  })

  it('a growing stroke is drawn on top, only where it is', () => {
    renderer.resize(500, 500, 1)
    const live = stroke('n.1', {
      ended: false,
      colour: '#cc0000',
      points: line(2_000, 2_000, 2_500, 2_000),
    })
    const shown = board([page('a')], [...many(20), live])
    show(shown)
    frame()
    clear()
    live.points.push([2_700, 2_000, 600, 8])
    show(shown)
    frame()
    expect(cache.calls).toEqual([])
    expect(screen.ink()).toEqual(['#cc0000'])
    const [clip] = screen.of('clip')
    expect(around(clip!.on, at(2_700, 2_000))).toBe(true)
    expect(area(clip!.on)).toBeLessThan(500 * 500 * 0.02)
    expect(screen.of('picture')[0]!.on).toEqual(clip!.on)
  })

  it('moves a stroke to the cache when it ends', () => {
    renderer.resize(500, 500, 1)
    const live = stroke('n.1', { ended: false, colour: '#cc0000' })
    const shown = board([page('a')], [live])
    show(shown)
    frame()
    expect(cache.ink()).toEqual([])
    live.ended = true
    clear()
    show(shown)
    frame()
    expect(cache.ink()).toEqual(['#cc0000'])
    expect(screen.ink()).toEqual([])
  })

  it('a stroke whose author is gone is cached too after a while', () => {
    renderer.resize(500, 500, 1)
    const live = stroke('n.1', { ended: false, colour: '#cc0000' })
    show(board([page('a')], [live, stroke('w.2', { colour: '#222222' })]))
    frame()
    expect(cache.ink()).toEqual([])
    vi.advanceTimersByTime(3_500)
    expect(cache.ink()).toEqual(['#cc0000', '#222222'])
  })

  it('a settled stroke that grows after all is drawn anew, not twice', () => {
    renderer.resize(500, 500, 1)
    const live = stroke('n.1', { ended: false, colour: '#cc0000' })
    const shown = board([page('a')], [live])
    show(shown)
    frame()
    vi.advanceTimersByTime(3_500)
    clear()
    live.points.push([3_200, 3_200, 600, 8])
    show(shown)
    frame()
    expect(cache.of('fillRect')[0]).toMatchObject({ colour: DESK })
    expect([...cache.ink(), ...screen.ink()]).toEqual(['#cc0000'])
  })

  it('is left alone by a frame in which nothing changed', () => {
    renderer.resize(500, 500, 1)
    show(board([page('a')], many(5)))
    frame()
    clear()
    renderer.request()
    frame()
    expect(cache.calls).toEqual([])
    expect(screen.calls).toEqual([])
  })

  it('asks for one frame, however often it is told', () => {
    renderer.resize(500, 500, 1)
    const shown = board([page('a')], many(1))
    show(shown)
    frame()
    clear()
    for (let n = 0; n < 5; n += 1) {
      shown.strokes[`n.${n}`] = stroke(`n.${n}`)
      show(shown)
    }
    expect(screen.calls).toEqual([])
    frame()
    expect(screen.of('clip')).toHaveLength(1)
  })

  it('is stretched while two fingers pinch a full page, and crisp afterwards', () => {
    renderer.resize(500, 500, 1)
    show(board([page('a')], many(130)))
    frame()
    clear()
    renderer.gesture(true)
    renderer.zoom(2, 250, 250)
    frame()
    expect(cache.calls).toEqual([])
    const [picture] = screen.of('picture')
    expect(picture!.on.right - picture!.on.left).toBeCloseTo(1_000)
    clear()
    renderer.gesture(false)
    frame()
    expect(cache.ink()).toHaveLength(130)
  })

  it('a page with little on it stays crisp in the pinch', () => {
    renderer.resize(500, 500, 1)
    show(board([page('a')], many(10)))
    frame()
    clear()
    renderer.gesture(true)
    renderer.zoom(2)
    frame()
    expect(cache.ink()).toHaveLength(10)
  })
})
