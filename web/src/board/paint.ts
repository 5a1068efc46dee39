// Paints a page and its strokes on a canvas: sheet, photo, ink. Shared by board, thumbnails, replay.
import type { Page, Stroke } from '@/wire/messages'
import { boxOf, outlines, PIECE_POINTS, trace, union, type Box } from './shape'

const DESK = '#e9e5da'
const SHEET = '#ffffff'
const SHEET_EDGE = '#d3cdbd'
const DOT = '#b9c3cc'
/** Distance of the printed dots, and their size, in board units. */
const DOT_STEP = 500
const DOT_SIZE = 34
const HIGHLIGHT_ALPHA = 0.42

interface Shaped {
  /** Finished pieces, which never change again. */
  done: Path2D
  pieces: number
  count: number
  ended: boolean
  path: Path2D
  box: Box
}

/** By the points themselves, which are only ever added to. */
const shaped = new WeakMap<Stroke['points'], Shaped>()

export function shapeOf(stroke: Stroke): Shaped {
  const count = stroke.points.length
  let known = shaped.get(stroke.points)
  if (known && known.count === count && known.ended === stroke.ended) return known
  const before = known?.count ?? 0
  known ??= {
    done: new Path2D(),
    pieces: 0,
    count: 0,
    ended: false,
    path: new Path2D(),
    box: { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity },
  }
  const fresh = outlines(stroke, known.pieces)
  const complete = Math.floor(count / PIECE_POINTS) - known.pieces
  const path = new Path2D()
  fresh.forEach((outline, index) => trace(index < complete ? known!.done : path, outline))
  path.addPath(known.done)
  known.pieces += Math.max(0, complete)
  known.path = path
  known.box = union(known.box, boxOf(stroke.points, stroke.width, before))
  known.count = count
  known.ended = stroke.ended
  shaped.set(stroke.points, known)
  return known
}

export function paintStroke(context: CanvasRenderingContext2D, stroke: Stroke): void {
  context.fillStyle = stroke.colour
  if (stroke.tool === 'highlighter') {
    context.globalAlpha = HIGHLIGHT_ALPHA
    context.globalCompositeOperation = 'multiply'
  }
  context.fill(shapeOf(stroke).path)
  context.globalAlpha = 1
  context.globalCompositeOperation = 'source-over'
}

/** The desk around the page, in canvas pixels; call with an identity transform. */
export function paintDesk(context: CanvasRenderingContext2D): void {
  context.fillStyle = DESK
  context.fillRect(0, 0, context.canvas.width, context.canvas.height)
}

/** The sheet; call with board units as the canvas's units. `pixel` is one CSS pixel in them. */
export function paintSheet(
  context: CanvasRenderingContext2D,
  page: Page,
  photo: CanvasImageSource | null,
  pixel: number,
): void {
  context.fillStyle = SHEET_EDGE
  context.fillRect(-pixel, -pixel, page.width + 2 * pixel, page.height + 2 * pixel)
  context.fillStyle = SHEET
  context.fillRect(0, 0, page.width, page.height)
  if (page.kind === 'photo' && photo) {
    context.imageSmoothingQuality = 'high'
    context.drawImage(photo, 0, 0, page.width, page.height)
  }
  if (page.kind === 'paper' && DOT_STEP > 5 * pixel) {
    context.fillStyle = DOT
    const size = Math.max(DOT_SIZE, 0.8 * pixel)
    for (let y = DOT_STEP; y < page.height; y += DOT_STEP) {
      for (let x = DOT_STEP; x < page.width; x += DOT_STEP) {
        context.fillRect(x - size / 2, y - size / 2, size, size)
      }
    }
  }
}
