// Canvases that write down what is drawn on them, in canvas pixels, instead of drawing it.
import { vi } from 'vitest'

export interface Rect {
  left: number
  top: number
  right: number
  bottom: number
}

export type Call =
  | { do: 'fillRect'; colour: string; on: Rect }
  | { do: 'fill'; colour: string; alpha: number; mode: string; on: Rect }
  | { do: 'picture'; of: unknown; on: Rect }
  | { do: 'line'; colour: string; alpha: number; width: number; on: Rect }
  | { do: 'clip'; on: Rect }

/** A path that knows the corners of what was traced. */
export class FakePath {
  box: Rect = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }

  private reach(x: number, y: number): void {
    const { box } = this
    box.left = Math.min(box.left, x)
    box.top = Math.min(box.top, y)
    box.right = Math.max(box.right, x)
    box.bottom = Math.max(box.bottom, y)
  }

  moveTo = (x: number, y: number): void => this.reach(x, y)
  quadraticCurveTo = (_cx: number, _cy: number, x: number, y: number): void => this.reach(x, y)
  closePath = (): void => {}
  addPath(other: FakePath): void {
    if (other.box.right < other.box.left) return
    this.reach(other.box.left, other.box.top)
    this.reach(other.box.right, other.box.bottom)
  }
}

export class FakeContext {
  calls: Call[] = []
  fillStyle = ''
  strokeStyle = ''
  lineWidth = 1
  globalAlpha = 1
  globalCompositeOperation = 'source-over'
  imageSmoothingQuality = 'low'
  private matrix = { a: 1, d: 1, e: 0, f: 0 }
  private path: Rect | null = null
  private line = new FakePath()

  constructor(readonly canvas: { width: number; height: number }) {}

  setTransform(a: number, _b: number, _c: number, d: number, e: number, f: number): void {
    this.matrix = { a, d, e, f }
  }
  save(): void {}
  restore(): void {}
  beginPath(): void {
    this.path = null
    this.line = new FakePath()
  }
  moveTo(x: number, y: number): void {
    this.line.moveTo(x, y)
  }
  lineTo(x: number, y: number): void {
    this.line.moveTo(x, y)
  }
  stroke(): void {
    const { left, top, right, bottom } = this.line.box
    this.calls.push({
      do: 'line',
      colour: this.strokeStyle,
      alpha: this.globalAlpha,
      width: this.lineWidth * this.matrix.a,
      on: this.place(left, top, right - left, bottom - top),
    })
  }
  rect(x: number, y: number, width: number, height: number): void {
    this.path = this.place(x, y, width, height)
  }
  clip(): void {
    this.calls.push({ do: 'clip', on: this.path! })
  }
  fillRect(x: number, y: number, width: number, height: number): void {
    this.calls.push({
      do: 'fillRect',
      colour: this.fillStyle,
      on: this.place(x, y, width, height),
    })
  }
  fill(path: FakePath): void {
    const { left, top, right, bottom } = path.box
    this.calls.push({
      do: 'fill',
      colour: this.fillStyle,
      alpha: this.globalAlpha,
      mode: this.globalCompositeOperation,
      on: this.place(left, top, right - left, bottom - top),
    })
  }
  drawImage(of: unknown, ...at: number[]): void {
    const [x, y, width, height] = at.length === 8 ? at.slice(4) : at
    const size = of as { width: number; height: number }
    const on = this.place(x!, y!, width ?? size.width, height ?? size.height)
    this.calls.push({ do: 'picture', of, on })
  }

  // --- what the test asks ---------------------------------------------------------------------

  of<Kind extends Call['do']>(kind: Kind): Extract<Call, { do: Kind }>[] {
    return this.calls.filter((call) => call.do === kind) as Extract<Call, { do: Kind }>[]
  }
  /** Ink laid down, by colour, in order. */
  ink(): string[] {
    return this.of('fill').map((call) => call.colour)
  }
  clear(): void {
    this.calls = []
  }

  private place(x: number, y: number, width: number, height: number): Rect {
    const { a, d, e, f } = this.matrix
    return {
      left: x * a + e,
      top: y * d + f,
      right: (x + width) * a + e,
      bottom: (y + height) * d + f,
    }
  }
}

/** Every canvas made from now on records; `of` gives the context of one. */
export function useFakeCanvas() {
  const contexts = new Map<HTMLCanvasElement, FakeContext>()
  const made: FakeContext[] = []
  vi.stubGlobal('Path2D', FakePath)
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(function (
    this: HTMLCanvasElement,
  ) {
    let context = contexts.get(this)
    if (!context) {
      context = new FakeContext(this)
      contexts.set(this, context)
      made.push(context)
    }
    return context as never
  } as never)
  return { made, of: (canvas: HTMLCanvasElement) => contexts.get(canvas)! }
}
