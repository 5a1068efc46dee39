// Fingers, mouse and stylus on a board of one unit a pixel times a hundred.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BoardInput } from '@/board/input'
import type { BoardRenderer } from '@/board/renderer'
import type { Point } from '@/wire/messages'

type Kind = 'mouse' | 'touch' | 'pen'
const page = { page: 'p1', kind: 'blank', width: 14_800, height: 21_000, paper: '', photo: null }
const renderer = {
  view: { scale: 0.01, x: 0, y: 0 },
  openPage: page,
  pan: vi.fn(),
  zoom: vi.fn(),
  gesture: vi.fn(),
}
const target = {
  renderer: () => renderer as unknown as BoardRenderer,
  tool: vi.fn(() => 'pen' as 'pen' | 'hand'),
  canDraw: vi.fn(() => true),
  begin: vi.fn<(page: string, points: Point[]) => void>(),
  points: vi.fn<(points: Point[]) => void>(),
  end: vi.fn(),
  cancel: vi.fn(),
  pointer: vi.fn(),
}
let element: HTMLElement
let input: BoardInput

function send(type: string, kind: Kind, x: number, y: number, more: object = {}): void {
  const event = new Event(`pointer${type}`)
  const fields = { pointerId: 1, pointerType: kind, button: 0, pressure: 0.5, ...more }
  Object.assign(event, { clientX: x, clientY: y, ...fields })
  element.dispatchEvent(event)
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.clearAllMocks()
  target.tool.mockReturnValue('pen')
  target.canDraw.mockReturnValue(true)
  element = document.createElement('div')
  element.setPointerCapture = () => undefined
  input = new BoardInput(element, target)
})
afterEach(() => {
  input.destroy()
  vi.useRealTimers()
})

/** Every point that was drawn, in order. */
function drawn(): Point[] {
  const began = target.begin.mock.calls.flatMap(([, points]) => points)
  return [...began, ...target.points.mock.calls.flatMap(([points]) => points)]
}

describe('drawing', () => {
  it('a mouse draws at once, in board units, and every point arrives by the end', () => {
    send('down', 'mouse', 10, 20)
    expect(target.begin).toHaveBeenCalledWith('p1', [[1000, 2000, expect.any(Number), 0]])
    send('move', 'mouse', 11, 20)
    send('move', 'mouse', 12, 20)
    send('up', 'mouse', 12, 20)
    expect(drawn().map(([x]) => x)).toEqual([1000, 1100, 1200])
    expect(target.end).toHaveBeenCalledOnce()
  })

  it('leaves out samples nobody could see', () => {
    send('down', 'mouse', 10, 20)
    send('move', 'mouse', 10.05, 20)
    send('up', 'mouse', 10.05, 20)
    expect(drawn()).toHaveLength(1)
  })

  it('keeps the points on the page', () => {
    send('down', 'mouse', 1, 1)
    send('move', 'mouse', -50, 500)
    send('up', 'mouse', -50, 500)
    expect(drawn().at(-1)!.slice(0, 2)).toEqual([0, 21_000])
  })

  it('a tap of a finger is a dot', () => {
    send('down', 'touch', 10, 20)
    expect(target.begin).not.toHaveBeenCalled()
    send('up', 'touch', 10, 20)
    expect(target.begin).toHaveBeenCalledOnce()
    expect(target.end).toHaveBeenCalledOnce()
  })
})

describe('moving', () => {
  it.each([
    ['the hand', () => target.tool.mockReturnValue('hand'), {}],
    ['who may not draw', () => target.canDraw.mockReturnValue(false), {}],
    ['the right button', () => undefined, { button: 2 }],
  ])('%s moves the page', (_, set, more) => {
    set()
    send('down', 'mouse', 10, 20, more)
    send('move', 'mouse', 15, 27, more)
    expect(target.begin).not.toHaveBeenCalled()
    expect(renderer.pan).toHaveBeenCalledWith(5, 7)
  })

  it('once a stylus was seen, fingers only move', () => {
    send('down', 'pen', 10, 20)
    send('up', 'pen', 10, 20)
    target.begin.mockClear()
    send('down', 'touch', 10, 20, { pointerId: 2 })
    send('move', 'touch', 30, 20, { pointerId: 2 })
    expect(target.begin).not.toHaveBeenCalled()
    expect(renderer.pan).toHaveBeenCalledWith(20, 0)
  })

  it('a second finger takes back what the first began, and the one that stays writes nothing', () => {
    send('down', 'touch', 10, 20)
    send('move', 'touch', 20, 20)
    expect(target.begin).toHaveBeenCalledOnce()
    send('down', 'touch', 100, 20, { pointerId: 2 })
    expect(target.cancel).toHaveBeenCalledOnce()
    send('move', 'touch', 140, 20, { pointerId: 2 })
    expect(renderer.zoom.mock.calls[0]![0]).toBeGreaterThan(1)
    send('up', 'touch', 140, 20, { pointerId: 2 })
    send('move', 'touch', 25, 20)
    expect(target.begin).toHaveBeenCalledOnce()
    expect(target.end).not.toHaveBeenCalled()
  })
})

it('after destroy nothing is heard', () => {
  input.destroy()
  send('down', 'mouse', 10, 20)
  expect(target.begin).not.toHaveBeenCalled()
})
