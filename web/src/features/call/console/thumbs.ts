// Small pictures of pages: which strokes lie on which page, and drawing one page small.
import type { Board, Page, Stroke } from '@/wire/messages'

export interface PageInk {
  strokes: Stroke[]
  /** Changes whenever the page's picture would. */
  mark: string
}

/** The ink of every page in one pass over the board. */
export function inkByPage(board: Board): Map<string, PageInk> {
  const pages = new Map<string, PageInk>()
  const points = new Map<string, number>()
  for (const page of board.pages) pages.set(page.page, { strokes: [], mark: '' })
  for (const stroke of Object.values(board.strokes)) {
    pages.get(stroke.page)?.strokes.push(stroke)
    points.set(stroke.page, (points.get(stroke.page) ?? 0) + stroke.points.length)
  }
  for (const [page, ink] of pages) {
    const last = ink.strokes[ink.strokes.length - 1]?.stroke ?? ''
    ink.mark = `${ink.strokes.length} ${points.get(page) ?? 0} ${last}`
  }
  return pages
}

/** Draw the page over the whole of `canvas`. Lines are at least a hair wide, or they would vanish. */
export function drawThumb(
  canvas: HTMLCanvasElement,
  page: Page,
  strokes: readonly Stroke[],
  photo: ImageBitmap | null,
): void {
  const context = canvas.getContext('2d')
  if (!context) return
  const scale = Math.min(canvas.width / page.width, canvas.height / page.height)
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.fillStyle = '#ffffff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  if (photo) context.drawImage(photo, 0, 0, page.width * scale, page.height * scale)
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.lineCap = 'round'
  context.lineJoin = 'round'
  for (const stroke of strokes) {
    const first = stroke.points[0]
    if (!first) continue
    context.globalAlpha = stroke.tool === 'highlighter' ? 0.35 : 1
    context.strokeStyle = stroke.colour
    context.lineWidth = Math.max(stroke.width, 0.9 / scale)
    context.beginPath()
    context.moveTo(first[0], first[1])
    context.lineTo(first[0], first[1])
    for (const [x, y] of stroke.points) context.lineTo(x, y)
    context.stroke()
  }
  context.globalAlpha = 1
}
