// The shape of strokes: deterministic, in pieces, and as wide as it should be.
import { describe, expect, it } from 'vitest'
import { boxOf, outlines, PIECE_POINTS, type Outline } from '@/board/shape'
import type { Point, Stroke } from '@/wire/messages'

function wave(count: number, pressure = 600): Point[] {
  return Array.from({ length: count }, (_, n): Point => [
    1_000 + n * 12,
    5_000 + Math.round(800 * Math.sin(n / 20)),
    pressure,
    n === 0 ? 0 : 8,
  ])
}
function stroke(points: Point[], ended = true): Stroke {
  const who = { stroke: 's.1', page: 'p', member: 'm', source: 's' }
  return { ...who, tool: 'pen', colour: '#000000', width: 50, points, ended }
}
const flat = (pieces: Outline[]) => pieces.flat().flat()

describe('the shape of a stroke', () => {
  it('is the same each time, and the same for copied points', () => {
    const points = wave(100)
    const again = points.map((point): Point => [...point])
    expect(outlines(stroke(points))).toEqual(outlines(stroke(again)))
  })

  it('its finished pieces do not depend on what is drawn later', () => {
    const early = outlines(stroke(wave(PIECE_POINTS * 2), false))
    const late = outlines(stroke(wave(PIECE_POINTS * 3 + 40), true))
    expect(late[0]).toEqual(early[0])
    expect(late).toHaveLength(4)
  })

  it('a growing stroke can be shaped from its last piece on', () => {
    const whole = stroke(wave(PIECE_POINTS * 2 + 30))
    expect(outlines(whole, 2)).toEqual(outlines(whole).slice(2))
  })

  it('a dot is seen', () => {
    const [dot] = outlines(stroke([[1_000, 1_000, 700, 0]]))
    const xs = dot!.map(([x]) => x)
    expect(Math.max(...xs) - Math.min(...xs)).toBeGreaterThan(15)
  })

  it('harder is wider', () => {
    const height = (pressure: number) => {
      const line = Array.from({ length: 60 }, (_, n): Point => [n * 100, 0, pressure, 8])
      const ys = outlines(stroke(line))[0]!.map(([, y]) => y)
      return Math.max(...ys) - Math.min(...ys)
    }
    expect(height(900)).toBeGreaterThan(height(200) * 1.5)
  })

  it('lies within its box, whatever the pressure', () => {
    for (const pressure of [0, 500, 1000]) {
      const line = stroke(wave(300, pressure))
      const box = boxOf(line.points, line.width)
      const numbers = flat(outlines(line))
      const xs = numbers.filter((_, index) => index % 2 === 0)
      const ys = numbers.filter((_, index) => index % 2 === 1)
      expect(Math.min(...xs)).toBeGreaterThanOrEqual(box.left)
      expect(Math.max(...xs)).toBeLessThanOrEqual(box.right)
      expect(Math.min(...ys)).toBeGreaterThanOrEqual(box.top)
      expect(Math.max(...ys)).toBeLessThanOrEqual(box.bottom)
    }
  })
})
