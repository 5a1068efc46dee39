// The view after the other side's ink: clear of the tools, and back again.
// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { BACK_MS, Following } from '@/board/following'
import { fit, toScreen, type View } from '@/board/geometry'

const A5 = { width: 14_800, height: 21_000 }
const ON_ITS_SIDE = { page: A5, screen: { width: 700, height: 330 }, cover: 126 }
const PHONE = { page: A5, screen: { width: 390, height: 600 }, cover: 126 }

/** Lines down a page as a hand writes them: every letter up and down on its line. */
function written(): [x: number, y: number][] {
  const points: [number, number][] = []
  for (let line = 1_200; line < 20_800; line += 900)
    for (let x = 1_000; x < 13_800; x += 400) points.push([x, line], [x + 150, line + 500])
  return points
}

describe.each([
  ['a phone on its side', ON_ITS_SIDE, fit(A5, ON_ITS_SIDE.screen, 'width')],
  ['a phone', PHONE, fit(A5, { width: 390, height: 600 - 74 })],
])('on %s', (_, place, home: View) => {
  it('every letter is in sight and clear of the tools, and the page does not tremble', () => {
    const following = new Following()
    let view = home
    let moves = 0
    for (const [at, point] of written().entries()) {
      const next = following.ink(view, place, point, at)
      if (next !== view) moves += 1
      view = next
      const [x, y] = toScreen(view, ...point)
      expect(x >= 0 && x <= place.screen.width).toBe(true)
      expect(y).toBeGreaterThanOrEqual(0)
      expect(y).toBeLessThanOrEqual(place.screen.height - place.cover)
    }
    expect(moves).toBeGreaterThan(0)
    expect(moves).toBeLessThan(14)
  })

  it('comes back for ink that the first view showed well, and not for a letter on its brink', () => {
    const following = new Following()
    const away = following.ink(home, place, [7_000, 20_900], 0)
    expect(away).not.toBe(home)
    const brink = (place.screen.height - place.cover - 36 - home.y) / home.scale
    expect(following.ink(away, place, [7_000, brink], 1)).not.toBe(home)
    expect(following.ink(away, place, [7_000, 500], 2)).toBe(home)
  })
})

describe('after a rest', () => {
  it('a page that was whole is whole again, once', () => {
    const following = new Following()
    const home = fit(A5, { width: 390, height: 600 - 74 })
    following.ink(home, PHONE, [7_000, 20_900], 1_000)
    expect(following.rested(PHONE, 1_000 + BACK_MS - 1)).toBeNull()
    expect(following.rested(PHONE, 1_000 + BACK_MS)).toBe(home)
    expect(following.rested(PHONE, 1_000 + BACK_MS)).toBeNull()
  })

  it('what was written stays in sight where the page is larger than the screen', () => {
    const following = new Following()
    const home = fit(A5, ON_ITS_SIDE.screen, 'width')
    following.ink(home, ON_ITS_SIDE, [7_000, 20_900], 0)
    expect(following.rested(ON_ITS_SIDE, 60_000)).toBeNull()
  })

  it('nothing comes back over a view that somebody chose meanwhile', () => {
    const following = new Following()
    const home = fit(A5, { width: 390, height: 600 - 74 })
    const away = following.ink(home, PHONE, [7_000, 20_900], 0)
    following.forget()
    expect(following.rested(PHONE, 60_000)).toBeNull()
    expect(following.ink(away, PHONE, [7_000, 20_000], 1)).not.toBe(home)
  })
})
