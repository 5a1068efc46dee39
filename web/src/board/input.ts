// Fingers, mouse and stylus on the board to strokes, moves and a pointer.
//
//   one finger: draws (or moves the page with the hand tool)    two fingers: pinch and move
//   mouse: draws; middle or right button moves; wheel moves, with Ctrl zooms
//   stylus: draws; once one was seen, fingers only move the page
import type { Page, Point, Tool } from '@/wire/messages'
import { PRESSURE_MAX } from '@/wire/messages'
import { toPage } from './geometry'
import type { BoardRenderer } from './renderer'
import { NO_PRESSURE } from './shape'

/** Points go out about as often as a screen shows them. */
const BATCH_MS = 14
/** Closer samples than this (board units) add nothing one could see. */
const NEAREST = 8
const POINTER_EVERY_MS = 60
/** A finger that has not moved this far (CSS px) may still turn out to be the first of two. */
const FIRM_PX = 3
/** Pen down this far (board units) outside of the page still counts as on it. */
const EDGE = 300
const MAX_DT = 3_600_000

export interface InputTarget {
  renderer: () => BoardRenderer | null
  tool: () => Tool | 'hand'
  canDraw: () => boolean
  begin: (page: string, points: Point[]) => void
  points: (points: Point[]) => void
  end: () => void
  cancel: () => void
  pointer: (page: string, x: number, y: number, visible: boolean) => void
}

interface Finger {
  x: number
  y: number
}

export class BoardInput {
  private fingers = new Map<number, Finger>()
  private drawing: { id: number; page: Page; last: Point; at: number; begun: boolean } | null = null
  private panning: number | null = null
  private buffer: Point[] = []
  private start: Finger = { x: 0, y: 0 }
  private flushedAt = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private pointedAt = 0
  private stylusSeen = false

  constructor(
    private readonly element: HTMLElement,
    private readonly target: InputTarget,
  ) {
    element.addEventListener('pointerdown', this.down)
    element.addEventListener('pointermove', this.move)
    element.addEventListener('pointerup', this.up)
    element.addEventListener('pointercancel', this.cancelled)
    element.addEventListener('pointerleave', this.left)
    element.addEventListener('wheel', this.wheel, { passive: false })
    element.addEventListener('contextmenu', prevent)
  }

  destroy(): void {
    const { element } = this
    element.removeEventListener('pointerdown', this.down)
    element.removeEventListener('pointermove', this.move)
    element.removeEventListener('pointerup', this.up)
    element.removeEventListener('pointercancel', this.cancelled)
    element.removeEventListener('pointerleave', this.left)
    element.removeEventListener('wheel', this.wheel)
    element.removeEventListener('contextmenu', prevent)
    this.finish()
  }

  /** The page was turned or drawing forbidden under the pen: what was drawn so far stands. */
  finish(): void {
    const drawing = this.drawing
    if (!drawing) return
    if (!drawing.begun) this.firm(drawing)
    this.flush()
    this.drawing = null
    this.target.end()
  }

  private place(event: PointerEvent | WheelEvent): Finger {
    const box = this.element.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }

  private down = (event: PointerEvent): void => {
    const at = this.place(event)
    this.element.setPointerCapture(event.pointerId)
    if (event.pointerType === 'pen') this.stylusSeen = true
    if (event.pointerType === 'touch') {
      this.fingers.set(event.pointerId, at)
      if (this.fingers.size === 2) return this.pinch()
      if (this.fingers.size > 2) return
    } else if (this.drawing || this.panning !== null) return
    const moves =
      this.target.tool() === 'hand' ||
      !this.target.canDraw() ||
      (event.pointerType === 'mouse' && event.button !== 0) ||
      (event.pointerType === 'touch' && this.stylusSeen)
    if (moves || !this.startStroke(event, at)) {
      this.panning = event.pointerId
      this.start = at
    }
  }

  private startStroke(event: PointerEvent, at: Finger): boolean {
    const renderer = this.target.renderer()
    const page = renderer?.openPage
    if (!renderer || !page) return false
    const [x, y] = toPage(renderer.view, at.x, at.y)
    if (x < -EDGE || y < -EDGE || x > page.width + EDGE || y > page.height + EDGE) return false
    const point = pointOf(page, x, y, pressureOf(event), 0)
    this.drawing = { id: event.pointerId, page, last: point, at: event.timeStamp, begun: false }
    this.buffer = [point]
    this.start = at
    // Only a finger may turn out to be the first of two; the others draw at once.
    if (event.pointerType !== 'touch') this.firm(this.drawing)
    return true
  }

  private firm(drawing: NonNullable<typeof this.drawing>): void {
    drawing.begun = true
    this.target.begin(drawing.page.page, this.buffer)
    this.buffer = []
    this.flushedAt = performance.now()
  }

  private pinch(): void {
    if (this.drawing) {
      if (this.drawing.begun) this.target.cancel()
      this.buffer = []
      this.drawing = null
      clearTimeout(this.timer)
    }
    this.panning = null
    this.target.renderer()?.gesture(true)
  }

  private move = (event: PointerEvent): void => {
    const at = this.place(event)
    if (this.fingers.size >= 2 && this.fingers.has(event.pointerId)) {
      this.pinched(event.pointerId, at)
      return
    }
    if (this.drawing?.id === event.pointerId) return this.draw(event, at)
    if (this.panning === event.pointerId) {
      this.target.renderer()?.pan(at.x - this.start.x, at.y - this.start.y)
      this.start = at
      return
    }
    this.point(at, true)
  }

  private pinched(id: number, at: Finger): void {
    const renderer = this.target.renderer()
    const before = this.fingers.get(id)!
    const other = [...this.fingers].find(([finger]) => finger !== id)?.[1]
    this.fingers.set(id, at)
    if (!renderer || !other) return
    const was = Math.hypot(before.x - other.x, before.y - other.y)
    const is = Math.hypot(at.x - other.x, at.y - other.y)
    renderer.pan((at.x - before.x) / 2, (at.y - before.y) / 2)
    if (was > 10) renderer.zoom(is / was, (at.x + other.x) / 2, (at.y + other.y) / 2)
  }

  private draw(event: PointerEvent, at: Finger): void {
    const drawing = this.drawing!
    const renderer = this.target.renderer()
    if (!renderer) return
    const box = this.element.getBoundingClientRect()
    const samples = event.getCoalescedEvents?.() ?? []
    for (const sample of samples.length > 0 ? samples : [event]) {
      const [x, y] = toPage(renderer.view, sample.clientX - box.left, sample.clientY - box.top)
      const dt = Math.min(MAX_DT, Math.max(0, Math.round(sample.timeStamp - drawing.at)))
      const point = pointOf(drawing.page, x, y, pressureOf(sample), dt)
      const far = Math.hypot(point[0] - drawing.last[0], point[1] - drawing.last[1])
      if (far < NEAREST) continue
      drawing.last = point
      drawing.at = sample.timeStamp
      this.buffer.push(point)
    }
    if (!drawing.begun) {
      if (Math.hypot(at.x - this.start.x, at.y - this.start.y) < FIRM_PX) return
      this.firm(drawing)
    }
    this.batch()
    // Seen by the other side, it must not stay where the stroke began.
    if (event.pointerType !== 'touch') this.point(at, true)
  }

  private batch(): void {
    const since = performance.now() - this.flushedAt
    clearTimeout(this.timer)
    if (since >= BATCH_MS) this.flush()
    else this.timer = setTimeout(() => this.flush(), BATCH_MS - since)
  }

  private flush(): void {
    clearTimeout(this.timer)
    if (!this.drawing?.begun || this.buffer.length === 0) return
    const points = this.buffer
    this.buffer = []
    this.flushedAt = performance.now()
    for (let from = 0; from < points.length; from += 500) {
      this.target.points(points.slice(from, from + 500))
    }
  }

  private up = (event: PointerEvent): void => {
    const pinching = this.fingers.size >= 2
    this.fingers.delete(event.pointerId)
    if (pinching) {
      if (this.fingers.size < 2) {
        this.target.renderer()?.gesture(false)
        // The finger that stays moves the page on; it must not start to write.
        const [rest] = this.fingers
        if (rest) [this.panning, this.start] = rest
      }
      return
    }
    if (this.drawing?.id === event.pointerId) this.finish()
    if (this.panning === event.pointerId) this.panning = null
  }

  private cancelled = (event: PointerEvent): void => {
    // A palm or the system took the pointer: keep what stands on the page, as the eye saw it.
    this.up(event)
  }

  private left = (event: PointerEvent): void => {
    if (event.pointerType !== 'touch') this.point(this.place(event), false)
  }

  private point(at: Finger, visible: boolean): void {
    const renderer = this.target.renderer()
    const page = renderer?.openPage
    const now = performance.now()
    if (!renderer || !page || (visible && now - this.pointedAt < POINTER_EVERY_MS)) return
    this.pointedAt = now
    const [x, y] = toPage(renderer.view, at.x, at.y)
    const point = pointOf(page, x, y, 0, 0)
    this.target.pointer(page.page, point[0], point[1], visible)
  }

  private wheel = (event: WheelEvent): void => {
    event.preventDefault()
    const renderer = this.target.renderer()
    if (!renderer) return
    const at = this.place(event)
    if (event.ctrlKey || event.metaKey) renderer.zoom(Math.exp(-event.deltaY / 300), at.x, at.y)
    else renderer.pan(-event.deltaX, -event.deltaY)
  }
}

function prevent(event: Event): void {
  event.preventDefault()
}

function pressureOf(event: PointerEvent): number {
  if (event.pointerType !== 'pen') return NO_PRESSURE
  const pressure = Math.round(event.pressure * PRESSURE_MAX)
  return pressure === NO_PRESSURE ? NO_PRESSURE + 1 : Math.min(PRESSURE_MAX, Math.max(1, pressure))
}

function pointOf(page: Page, x: number, y: number, pressure: number, dt: number): Point {
  const within = (value: number, side: number) => Math.round(Math.min(side, Math.max(0, value)))
  return [within(x, page.width), within(y, page.height), pressure, dt]
}
