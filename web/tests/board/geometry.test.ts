// Where a page lies on the screen.
import { describe, expect, it } from 'vitest'
import { bestFit, fit, follow, keepInSight, toPage, toScreen, zoomAt } from '@/board/geometry'

const A5 = { width: 14_800, height: 21_000 }
const PHONE = { width: 390, height: 690 }
const ON_ITS_SIDE = { width: 780, height: 330 }

describe('geometry', () => {
  it.each([PHONE, ON_ITS_SIDE, { width: 1440, height: 800 }])(
    'the whole page fits in %o',
    (screen) => {
      const view = fit(A5, screen)
      const [left, top] = toScreen(view, 0, 0)
      const [right, bottom] = toScreen(view, A5.width, A5.height)
      expect(left).toBeGreaterThanOrEqual(0)
      expect(top).toBeGreaterThanOrEqual(0)
      expect(right).toBeLessThanOrEqual(screen.width)
      expect(bottom).toBeLessThanOrEqual(screen.height)
      expect(left + right).toBeCloseTo(screen.width)
    },
  )

  it('a phone on its side shows an upright page by its width', () => {
    expect(bestFit(A5, PHONE)).toBe('page')
    expect(bestFit(A5, ON_ITS_SIDE)).toBe('width')
  })

  it('there and back is the same place', () => {
    const view = { scale: 0.037, x: -120.5, y: 44 }
    const [x, y] = toPage(view, ...toScreen(view, 7_321, 15_008))
    expect(x).toBeCloseTo(7_321)
    expect(y).toBeCloseTo(15_008)
  })

  it('zooming keeps what is under the fingers there', () => {
    const view = fit(A5, PHONE)
    const before = toPage(view, 100, 200)
    const after = toPage(zoomAt(view, 2.5, 100, 200, view.scale), 100, 200)
    expect(after[0]).toBeCloseTo(before[0])
    expect(after[1]).toBeCloseTo(before[1])
  })

  it('zooms neither into nothing nor out of sight', () => {
    const { scale } = fit(A5, PHONE)
    const view = { scale, x: 0, y: 0 }
    expect(zoomAt(view, 1e6, 0, 0, scale).scale).toBeCloseTo(scale * 8)
    expect(zoomAt(view, 1e-6, 0, 0, scale).scale).toBeCloseTo(scale / 2)
  })

  it('the page cannot be pushed off the screen', () => {
    const view = fit(A5, PHONE)
    const away = keepInSight({ ...view, x: 5_000, y: -9_000 }, A5, PHONE)
    const [left] = toScreen(away, 0, 0)
    const [, bottom] = toScreen(away, 0, A5.height)
    expect(left).toBeLessThan(PHONE.width)
    expect(bottom).toBeGreaterThan(0)
  })

  it('follows ink that leaves the screen and rests while it is in sight', () => {
    const view = fit(A5, ON_ITS_SIDE, 'width')
    expect(follow(view, A5, ON_ITS_SIDE, 7_000, 2_000)).toBe(view)
    const moved = follow(view, A5, ON_ITS_SIDE, 7_000, 20_000)
    const [, y] = toScreen(moved, 7_000, 20_000)
    expect(y).toBeGreaterThan(0)
    expect(y).toBeLessThan(ON_ITS_SIDE.height)
  })
  it.each([
    [500, 500],
    [14_500, 20_800],
  ])('leaves a page that is whole in sight where it is when ink comes near its edge', (x, y) => {
    const view = fit(A5, PHONE)
    expect(follow(view, A5, PHONE, x, y)).toBe(view)
  })

  it('shows the end of a long page, and nothing beyond it', () => {
    const view = fit(A5, ON_ITS_SIDE, 'width')
    const end = follow(view, A5, ON_ITS_SIDE, 500, 20_900)
    expect(end.x).toBe(view.x)
    expect(toScreen(end, 0, A5.height)[1]).toBeCloseTo(ON_ITS_SIDE.height - 12)
    expect(follow(end, A5, ON_ITS_SIDE, 500, 20_900)).toBe(end)
    expect(follow(end, A5, ON_ITS_SIDE, 500, 100).y).toBe(12)
  })

  it('brings a page back that was pushed half out of sight', () => {
    const { scale } = fit(A5, PHONE)
    const pushed = { scale, x: -200, y: -300 }
    expect(follow(pushed, A5, PHONE, 500, 500).x).toBeCloseTo((390 - A5.width * scale) / 2)
  })
})
