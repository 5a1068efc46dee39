// Where the board looks, and its photo pages.
import { describe, expect, it, vi } from 'vitest'
import { board, line, page, stroke } from '../fakes/board'
import {
  around,
  at,
  cache,
  clear,
  frame,
  moved,
  photos,
  photosFrom,
  renderer,
  screen,
  show,
} from '../fakes/renderer'

describe('the view', () => {
  it('zooms around the finger, and everything moves with it', () => {
    renderer.resize(500, 500, 1)
    show(board([page('a')], [stroke('w.1')]))
    frame()
    const before = at(2_500, 2_500)
    renderer.zoom(3, ...before)
    expect(at(2_500, 2_500)[0]).toBeCloseTo(before[0])
    expect(at(2_500, 2_500)[1]).toBeCloseTo(before[1])
    clear()
    frame()
    expect(around(cache.of('fill')[0]!.on, before)).toBe(true)
    expect(renderer.fitted).toBeNull()
    expect(moved.at(-1)).toEqual(renderer.view)
  })

  it('does not lose the page, however far one pulls', () => {
    renderer.resize(500, 500, 1)
    show(board([page('a')]))
    renderer.pan(90_000, -90_000)
    const [left, top] = at(0, 0)
    const [right, bottom] = at(10_000, 10_000)
    expect(left).toBeLessThan(500)
    expect(bottom).toBeGreaterThan(0)
    expect(right - left).toBeCloseTo(bottom - top)
  })

  it('follows the other’s pen to where this screen does not look', () => {
    renderer.resize(500, 500, 1)
    const live = stroke('tea.1', { ended: false, points: line(500, 500, 600, 500) })
    const shown = board([page('a')], [live])
    show(shown)
    renderer.zoom(6, 0, 0)
    frame()
    vi.advanceTimersByTime(5_000)
    live.points.push([9_000, 9_000, 600, 8])
    show(shown)
    frame()
    const [x, y] = at(9_000, 9_000)
    expect(x > 0 && x < 500 && y > 0 && y < 500).toBe(true)
  })

  it('goes from under the tools while something is written there, and back afterwards', () => {
    renderer.cover = 120
    renderer.resize(500, 500, 1)
    const live = stroke('tea.1', { ended: false, points: line(500, 500, 600, 500) })
    const shown = board([page('a')], [live])
    show(shown)
    frame()
    const { view } = renderer
    live.points.push([600, 9_800, 600, 8])
    show(shown)
    frame()
    expect(at(600, 9_800)[1]).toBeLessThanOrEqual(380)
    vi.advanceTimersByTime(4_200)
    expect(renderer.view).toBe(view)
    expect(moved.at(-1)).toBe(view)
  })

  it('does not run away from who moved the page a moment ago, nor from who draws', () => {
    renderer.resize(500, 500, 1)
    const live = stroke('tea.1', { ended: false, points: line(500, 500, 600, 500) })
    const shown = board([page('a')], [live])
    show(shown)
    renderer.zoom(6, 0, 0)
    frame()
    const view = renderer.view
    live.points.push([9_000, 9_000, 600, 8])
    show(shown)
    frame()
    expect(renderer.view).toBe(view)
    vi.advanceTimersByTime(5_000)
    const own = stroke('me.1', { ended: false, points: line(9_500, 9_500, 9_600, 9_500) })
    show(shown, { overlay: { 'me.1': own } })
    frame()
    expect(renderer.view).toBe(view)
  })
})

describe('a photo page', () => {
  const photoPage = page('a', { kind: 'photo', photo: 'f_1' })
  const picture = { width: 1_000, height: 1_000 } as ImageBitmap

  it('is a white sheet until the photo is there, then the photo under the ink', async () => {
    let arrive = (_: ImageBitmap) => {}
    photosFrom(() => new Promise((resolve) => (arrive = resolve)))
    renderer.resize(500, 500, 1)
    show(board([photoPage], [stroke('w.1')]))
    frame()
    expect(photos.at(-1)).toBe('loading')
    expect(cache.of('picture')).toEqual([])
    clear()
    arrive(picture)
    await Promise.resolve()
    frame()
    expect(photos.at(-1)).toBe('ready')
    const kinds = cache.calls.map((call) => call.do)
    expect(kinds.indexOf('picture')).toBeGreaterThan(-1)
    expect(kinds.indexOf('picture')).toBeLessThan(kinds.indexOf('fill'))
    const [drawn] = cache.of('picture')
    expect(drawn!.of).toBe(picture)
    expect(drawn!.on.left).toBeCloseTo(at(0, 0)[0])
    expect(drawn!.on.right).toBeCloseTo(at(10_000, 0)[0])
  })

  it('says that it failed, and tries again when asked', async () => {
    const asked: string[] = []
    photosFrom((photo) => {
      asked.push(photo)
      return asked.length === 1 ? Promise.reject(new Error('offline')) : Promise.resolve(picture)
    })
    renderer.resize(500, 500, 1)
    show(board([photoPage]))
    await vi.waitFor(() => expect(photos.at(-1)).toBe('failed'))
    renderer.retryPhoto()
    await vi.waitFor(() => expect(photos.at(-1)).toBe('ready'))
    renderer.retryPhoto()
    expect(asked).toEqual(['f_1', 'f_1'])
  })

  it('fetches a photo once, however often its page is opened', async () => {
    const asked = vi.fn(async () => picture)
    photosFrom(asked)
    renderer.resize(500, 500, 1)
    const shown = board([photoPage, page('b')])
    for (const open of ['a', 'b', 'a', 'b', 'a']) {
      show(shown, { page: open })
      frame()
      await Promise.resolve()
    }
    expect(asked).toHaveBeenCalledTimes(1)
    expect(photos.at(-1)).toBe('ready')
    expect(photos).toContain('none')
  })
})

it('nothing is drawn once it is gone', async () => {
  let arrive = (_: ImageBitmap) => {}
  photosFrom(() => new Promise((resolve) => (arrive = resolve)))
  renderer.resize(500, 500, 1)
  show(board([page('a', { kind: 'photo', photo: 'f' })], [stroke('w.1', { ended: false })]))
  renderer.destroy()
  clear()
  arrive({ width: 1, height: 1 } as ImageBitmap)
  await Promise.resolve()
  renderer.request(true)
  vi.advanceTimersByTime(10_000)
  expect([...screen.calls, ...cache.calls]).toEqual([])
})
