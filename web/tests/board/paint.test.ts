// Painting strokes and sheets, as board, thumbnails and replay share it.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { paintDesk, paintSheet, paintStroke, shapeOf } from '@/board/paint'
import { boxOf, PIECE_POINTS, trace } from '@/board/shape'
import { line, page, stroke } from '../fakes/board'
import { FakeContext, FakePath, useFakeCanvas } from '../fakes/canvas'

let paper: FakeContext
beforeEach(() => {
  useFakeCanvas()
  paper = new FakeContext({ width: 300, height: 200 })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})
const context = () => paper as unknown as CanvasRenderingContext2D

describe('paintStroke', () => {
  it('fills the line in its colour, within its box', () => {
    const one = stroke('w.1', { colour: '#c81e1e', points: line(1_000, 1_000, 5_000, 1_000, 40) })
    paintStroke(context(), one)
    const [ink] = paper.of('fill')
    expect(ink).toMatchObject({ colour: '#c81e1e', alpha: 1, mode: 'source-over' })
    const box = boxOf(one.points, one.width)
    expect(ink!.on.left).toBeGreaterThanOrEqual(box.left)
    expect(ink!.on.right).toBeLessThanOrEqual(box.right)
    expect(ink!.on.right - ink!.on.left).toBeGreaterThan(3_500)
  })

  it('leaves no see-through ink behind a highlighter', () => {
    paintStroke(context(), stroke('h.1', { tool: 'highlighter' }))
    expect(paper.of('fill')[0]!.alpha).toBeLessThan(1)
    expect(paper.globalAlpha).toBe(1)
    expect(paper.globalCompositeOperation).toBe('source-over')
  })
})

describe('shapeOf', () => {
  it('is made once and kept until the stroke changes', () => {
    const one = stroke('w.1', { ended: false })
    const { path } = shapeOf(one)
    expect(shapeOf(one).path).toBe(path)
    one.points.push([3_400, 3_400, 600, 8])
    const grown = shapeOf(one).path
    expect(grown).not.toBe(path)
    one.ended = true
    expect(shapeOf(one).path).not.toBe(grown)
  })

  it('grows its box with the points, piece after piece', () => {
    const one = stroke('w.1', { ended: false, points: line(0, 0, 1_000, 0, 20) })
    expect(shapeOf(one).box.right).toBeLessThan(1_200)
    for (let n = 1; n <= PIECE_POINTS * 2; n += 1) one.points.push([1_000 + n * 10, 0, 600, 8])
    const { box, pieces } = shapeOf(one)
    expect(box.right).toBeGreaterThan(6_000)
    expect(box.left).toBeLessThan(0)
    expect(pieces).toBe(2)
  })

  it('grown step by step reaches as far as drawn at once', () => {
    const points = line(0, 0, 8_000, 4_000, PIECE_POINTS * 2 + 40)
    const slow = stroke('w.1', { points: [], ended: false })
    for (const point of points) {
      slow.points.push(point)
      shapeOf(slow)
    }
    const whole = shapeOf(stroke('w.2', { points: [...points], ended: false }))
    const reach = (shaped: typeof whole) => (shaped.path as unknown as FakePath).box
    expect(reach(shapeOf(slow))).toEqual(reach(whole))
  })
})

describe('trace', () => {
  it('draws nothing for an empty outline, and closes every other', () => {
    const path = { moveTo: vi.fn(), quadraticCurveTo: vi.fn(), closePath: vi.fn() }
    trace(path, [])
    expect(path.moveTo).not.toHaveBeenCalled()
    trace(path, [
      [0, 0],
      [10, 0],
      [10, 10],
    ])
    expect(path.moveTo).toHaveBeenCalledWith(0, 0)
    expect(path.quadraticCurveTo.mock.calls).toEqual([
      [0, 0, 5, 0],
      [10, 0, 10, 5],
      [10, 10, 5, 5],
    ])
    expect(path.closePath).toHaveBeenCalledTimes(1)
  })
})

describe('the sheet', () => {
  it('has an edge one pixel wide and no dots that would run together', () => {
    paintSheet(context(), page('a', { kind: 'paper' }), null, 200)
    const [edge, sheet, ...rest] = paper.of('fillRect')
    expect(edge!.on).toEqual({ left: -200, top: -200, right: 10_200, bottom: 10_200 })
    expect(sheet!.on).toEqual({ left: 0, top: 0, right: 10_000, bottom: 10_000 })
    expect(rest).toEqual([])
  })

  it('shows a photo on a photo page alone', () => {
    const photo = { width: 10, height: 10 } as unknown as ImageBitmap
    paintSheet(context(), page('a'), photo, 20)
    expect(paper.of('picture')).toEqual([])
    paintSheet(context(), page('b', { kind: 'photo', photo: 'f' }), photo, 20)
    expect(paper.of('picture')[0]!.on).toEqual({ left: 0, top: 0, right: 10_000, bottom: 10_000 })
  })

  it('lies on a desk that fills the canvas', () => {
    paintDesk(context())
    expect(paper.of('fillRect')[0]!.on).toEqual({ left: 0, top: 0, right: 300, bottom: 200 })
  })
})
