// A renderer over canvases that write down what they are told, new for each test of the file that imports this.
import { afterEach, beforeEach, vi } from 'vitest'
import type { View } from '@/board/geometry'
import { BoardRenderer, type Source } from '@/board/renderer'
import type { Board } from '@/wire/messages'
import { useFakeCanvas, type FakeContext, type Rect } from './canvas'

export const DESK = '#e9e5da'
export let screen: FakeContext
export let cache: FakeContext
export let renderer: BoardRenderer
export let painted: number[]
export let photos: string[]
export let moved: View[]
let photoOf: (photo: string) => Promise<ImageBitmap>

beforeEach(() => {
  vi.useFakeTimers({
    toFake: [
      'requestAnimationFrame',
      'cancelAnimationFrame',
      'setTimeout',
      'clearTimeout',
      'performance',
      'Date',
    ],
  })
  vi.advanceTimersByTime(10_000)
  const canvases = useFakeCanvas()
  painted = []
  photos = []
  moved = []
  photoOf = () => new Promise(() => {})
  renderer = new BoardRenderer(document.createElement('canvas'), {
    loadPhoto: (photo) => photoOf(photo),
    painted: (at) => painted.push(at),
    photoState: (state) => photos.push(state),
    moved: (view) => moved.push(view),
  })
  ;[screen, cache] = canvases.made as [FakeContext, FakeContext]
})
afterEach(() => {
  renderer.destroy()
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

export function show(shown: Board, more: Partial<Source> = {}) {
  renderer.show({ board: shown, overlay: {}, hidden: new Set(), page: shown.open_page, ...more })
}
export function frame() {
  vi.advanceTimersByTime(20)
}
export function clear() {
  screen.clear()
  cache.clear()
}
/** Board units to canvas pixels, as the view now is. */
export function at(x: number, y: number, ratio = 1): [number, number] {
  const { view } = renderer
  return [(x * view.scale + view.x) * ratio, (y * view.scale + view.y) * ratio]
}
export function around(rect: Rect, [x, y]: [number, number]) {
  return rect.left <= x && rect.right >= x && rect.top <= y && rect.bottom >= y
}
export const area = (rect: Rect) => (rect.right - rect.left) * (rect.bottom - rect.top)

/** Where photos come from in this test. */
export function photosFrom(load: (photo: string) => Promise<ImageBitmap>): void {
  photoOf = load
}
