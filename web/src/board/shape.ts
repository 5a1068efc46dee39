// The shape of a stroke: its points to the outline that is filled. The same for live and replay.
import { getStroke } from 'perfect-freehand'
import { PRESSURE_MAX } from '@/wire/messages'
import type { Point, Stroke, Tool } from '@/wire/messages'

/** Fingers and mice feel no pressure and send exactly this; their line's width follows speed. */
export const NO_PRESSURE = 500

/** A long stroke is shaped in pieces, so that a growing one costs the same each frame. */
export const PIECE_POINTS = 256
/** A piece starts this many points early, so that smoothing has settled where it joins. */
const OVERLAP_POINTS = 24

/** Ink is drawn a little wider than it was: a page on a phone is half the size of the paper. */
const INK_SCALE = 1.35

export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

export type Outline = [x: number, y: number][]

function options(tool: Tool, width: number, simulate: boolean, last: boolean) {
  if (tool === 'highlighter') {
    return {
      size: width,
      thinning: 0,
      smoothing: 0.5,
      streamline: 0.4,
      simulatePressure: false,
      last,
    }
  }
  return {
    size: width * INK_SCALE,
    thinning: simulate ? 0.35 : 0.55,
    smoothing: 0.5,
    streamline: 0.32,
    simulatePressure: simulate,
    last,
  }
}

/** Outlines of the pieces from `first` on, in board units. */
export function outlines(stroke: Stroke, first = 0): Outline[] {
  const { points } = stroke
  const simulate = points[0]?.[2] === NO_PRESSURE
  const pieces: Outline[] = []
  for (let piece = first; piece * PIECE_POINTS < points.length; piece += 1) {
    const from = Math.max(0, piece * PIECE_POINTS - OVERLAP_POINTS)
    const to = Math.min(points.length, (piece + 1) * PIECE_POINTS)
    const part = points
      .slice(from, to)
      .map(([x, y, pressure]: Point) => [x, y, pressure / PRESSURE_MAX] as [number, number, number])
    const whole = to < points.length || stroke.ended
    pieces.push(getStroke(part, options(stroke.tool, stroke.width, simulate, whole)) as Outline)
  }
  return pieces
}

/** Add an outline to a path, its corners rounded by running through the midpoints. */
export function trace(
  path: Pick<Path2D, 'moveTo' | 'quadraticCurveTo' | 'closePath'>,
  outline: Outline,
) {
  const start = outline[0]
  if (!start) return
  path.moveTo(start[0], start[1])
  for (let index = 0; index < outline.length; index += 1) {
    const [x, y] = outline[index]!
    const [nextX, nextY] = outline[(index + 1) % outline.length]!
    path.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2)
  }
  path.closePath()
}

/** What the points from `from` on touch, the line's width at full pressure included. */
export function boxOf(points: Point[], width: number, from = 0): Box {
  const reach = width * INK_SCALE
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }
  for (let index = from; index < points.length; index += 1) {
    const [x, y] = points[index]!
    box.left = Math.min(box.left, x - reach)
    box.top = Math.min(box.top, y - reach)
    box.right = Math.max(box.right, x + reach)
    box.bottom = Math.max(box.bottom, y + reach)
  }
  return box
}

export function union(a: Box, b: Box): Box {
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  }
}
