// Two fingers, wheel, stylus and pointer on the board: what moves, what is sent, and when.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BoardInput } from '@/board/input'
import type { BoardRenderer } from '@/board/renderer'
import { NO_PRESSURE } from '@/board/shape'
import type { Point } from '@/wire/messages'

type Kind = 'mouse' | 'touch' | 'pen'
/** A hundred board units a pixel; the element's corner is at 50, 40 of the window. */
const CORNER = { left: 50, top: 40 }
const page = { page: 'p1', kind: 'blank', width: 14_800, height: 21_000, paper: '', photo: null }
const renderer = {
  view: { scale: 0.01, x: 0, y: 0 },
  openPage: page as typeof page | null,
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
  pointer: vi.fn<(page: string, x: number, y: number, visible: boolean) => void>(),
}
let element: HTMLElement
let input: BoardInput
let clock = 0

interface More {
  id?: number
  pressure?: number
  button?: number
  at?: number
  coalesced?: [x: number, y: number, at: number][]
}
const place = (x: number, y: number) => ({ clientX: x + CORNER.left, clientY: y + CORNER.top })

function send(type: string, kind: Kind, x: number, y: number, more: More = {}): Event {
  const event = new Event(`pointer${type}`)
  const { id = 1, button = 0, pressure = 0.5, at = (clock += 10), coalesced } = more
  const fields = { pointerId: id, pointerType: kind, button, pressure, ...place(x, y) }
  const samples = coalesced?.map(([sx, sy, when]) => ({
    ...fields,
    ...place(sx, sy),
    timeStamp: when,
  }))
  Object.assign(event, fields, samples ? { getCoalescedEvents: () => samples } : {})
  Object.defineProperty(event, 'timeStamp', { value: at })
  element.dispatchEvent(event)
  return event
}
const finger = (type: string, id: number, x: number, y: number) => send(type, 'touch', x, y, { id })
function wheel(more: Partial<WheelEvent>): Event {
  const event = new Event('wheel', { cancelable: true })
  Object.assign(
    event,
    { deltaX: 0, deltaY: 0, ctrlKey: false, metaKey: false },
    place(100, 60),
    more,
  )
  element.dispatchEvent(event)
  return event
}
const sent = () => target.points.mock.calls.map(([points]) => points)

beforeEach(() => {
  vi.useFakeTimers()
  vi.clearAllMocks()
  clock = 0
  renderer.openPage = page
  target.tool.mockReturnValue('pen')
  target.canDraw.mockReturnValue(true)
  element = document.createElement('div')
  element.setPointerCapture = vi.fn()
  element.getBoundingClientRect = () => CORNER as DOMRect
  input = new BoardInput(element, target)
})
afterEach(() => {
  input.destroy()
  vi.useRealTimers()
})

describe('two fingers', () => {
  function pinch() {
    finger('down', 1, 100, 100)
    finger('down', 2, 200, 100)
  }

  it('spread, they zoom around the middle by as much as they spread', () => {
    pinch()
    finger('move', 2, 300, 100)
    expect(renderer.zoom).toHaveBeenCalledExactlyOnceWith(2, 200, 100)
    finger('move', 1, 200, 100)
    expect(renderer.zoom).toHaveBeenLastCalledWith(0.5, 250, 100)
  })

  it('moved together, they move the page by as much and change nothing in size', () => {
    pinch()
    finger('move', 1, 110, 130)
    finger('move', 2, 210, 130)
    const sum = (axis: 0 | 1) =>
      renderer.pan.mock.calls.reduce((all, call) => all + (call[axis] as number), 0)
    expect([sum(0), sum(1)]).toEqual([10, 30])
    const size = renderer.zoom.mock.calls.reduce((all, [by]) => all * (by as number), 1)
    expect(size).toBeCloseTo(1, 5)
  })

  it('almost on one spot, they do not make the page jump', () => {
    finger('down', 1, 100, 100)
    finger('down', 2, 104, 100)
    finger('move', 2, 160, 100)
    expect(renderer.zoom).not.toHaveBeenCalled()
  })

  it('tell when the gesture begins and when it is over', () => {
    pinch()
    expect(renderer.gesture.mock.calls).toEqual([[true]])
    finger('up', 2, 200, 100)
    expect(renderer.gesture.mock.calls).toEqual([[true], [false]])
  })

  it('that came together write nothing, not even a dot', () => {
    pinch()
    finger('up', 1, 100, 100)
    finger('up', 2, 200, 100)
    for (const told of [target.begin, target.points, target.end, target.cancel]) {
      expect(told).not.toHaveBeenCalled()
    }
  })

  it('a third changes nothing, and lifted leaves the gesture going', () => {
    pinch()
    finger('down', 3, 150, 300)
    finger('up', 3, 150, 300)
    expect(renderer.gesture.mock.calls).toEqual([[true]])
    finger('move', 2, 300, 100)
    expect(renderer.zoom).toHaveBeenCalledOnce()
  })

  it('of which one stays, it moves the page; lifted and put down again it writes', () => {
    pinch()
    finger('up', 1, 100, 100)
    renderer.pan.mockClear()
    finger('move', 2, 220, 90)
    expect(renderer.pan.mock.calls).toEqual([[20, -10]])
    finger('up', 2, 220, 90)
    finger('down', 2, 50, 50)
    finger('move', 2, 80, 50)
    expect(target.begin).toHaveBeenCalledOnce()
  })
})

describe('one finger', () => {
  it.each([
    [2, 0],
    [3, 1],
  ])('moved by %i pixels has begun %i strokes: it may be the first of two', (by, strokes) => {
    finger('down', 1, 100, 100)
    finger('move', 1, 100 + by, 100)
    expect(target.begin).toHaveBeenCalledTimes(strokes)
  })

  it('loses no point to that wait', () => {
    finger('down', 1, 100, 100)
    finger('move', 1, 102, 100)
    finger('move', 1, 104, 100)
    expect(target.begin.mock.calls[0]![1].map(([x]) => x)).toEqual([10_000, 10_200, 10_400])
  })

  it.each(['up', 'cancel'])('what it wrote stands after a pointer%s', (type) => {
    finger('down', 1, 100, 100)
    finger('move', 1, 120, 100)
    finger('move', 1, 140, 100)
    finger(type, 1, 140, 100)
    expect(sent().flat().at(-1)![0]).toBe(14_000)
    expect(target.end).toHaveBeenCalledOnce()
    expect(target.cancel).not.toHaveBeenCalled()
  })

  it('beside the page moves it, a little beside still writes on its edge', () => {
    finger('down', 1, 160, 100)
    finger('move', 1, 170, 100)
    expect(renderer.pan).toHaveBeenCalledWith(10, 0)
    finger('up', 1, 170, 100)
    finger('down', 1, 150, 100)
    finger('up', 1, 150, 100)
    expect(target.begin.mock.calls[0]![1][0]!.slice(0, 2)).toEqual([14_800, 10_000])
  })

  it('without a page writes nothing', () => {
    renderer.openPage = null
    finger('down', 1, 100, 100)
    finger('move', 1, 140, 100)
    expect(target.begin).not.toHaveBeenCalled()
  })
})

describe('the points', () => {
  it('go out in batches: at most one in 14 ms, and none is forgotten', () => {
    send('down', 'mouse', 0, 0)
    for (let n = 1; n <= 6; n += 1) {
      vi.advanceTimersByTime(4)
      send('move', 'mouse', n * 10, 0)
    }
    expect(sent()).toHaveLength(1)
    vi.advanceTimersByTime(20)
    expect(sent()).toHaveLength(2)
    expect(
      sent()
        .flat()
        .map(([x]) => x),
    ).toEqual([1000, 2000, 3000, 4000, 5000, 6000])
  })

  it('are all that the screen gathered since the last event, each with its own time', () => {
    send('down', 'pen', 0, 0, { at: 1000 })
    vi.advanceTimersByTime(20)
    const coalesced: More['coalesced'] = [
      [10, 0, 1004],
      [20, 0, 1008],
      [30, 0, 1016],
    ]
    send('move', 'pen', 30, 0, { at: 1016, coalesced })
    expect(
      sent()
        .flat()
        .map(([x, , , dt]) => [x, dt]),
    ).toEqual([
      [1000, 4],
      [2000, 4],
      [3000, 8],
    ])
  })

  it('time that was spent on samples left out counts for the next', () => {
    send('down', 'mouse', 0, 0, { at: 1000 })
    send('move', 'mouse', 0.01, 0, { at: 1010 })
    send('move', 'mouse', 10, 0, { at: 1030 })
    send('up', 'mouse', 10, 0)
    expect(sent().flat()).toEqual([[1000, 0, NO_PRESSURE, 30]])
  })

  it('of a very fast hand go in messages of five hundred', () => {
    send('down', 'mouse', 0, 0)
    vi.advanceTimersByTime(20)
    const coalesced = Array.from({ length: 1100 }, (_, n): [number, number, number] => [
      n % 2 ? 10 : 20,
      n / 10,
      n,
    ])
    send('move', 'mouse', 10, 0, { coalesced })
    expect(sent().map((points) => points.length)).toEqual([500, 500, 100])
  })

  it.each([
    ['mouse', 0.9, NO_PRESSURE],
    ['touch', 0.9, NO_PRESSURE],
    ['pen', 0, 1],
    ['pen', 1, 1000],
    ['pen', NO_PRESSURE / 1000, NO_PRESSURE + 1],
  ] as const)('of a %s pressed by %d weigh %i', (kind, pressure, weight) => {
    send('down', kind, 10, 10, { pressure })
    send('up', kind, 10, 10, { pressure })
    expect(target.begin.mock.calls[0]![1][0]![2]).toBe(weight)
  })

  it('stop when the page is turned under the pen: what was drawn stands', () => {
    send('down', 'mouse', 10, 10)
    send('move', 'mouse', 20, 10)
    input.finish()
    expect(target.end).toHaveBeenCalledOnce()
    send('move', 'mouse', 30, 10)
    send('up', 'mouse', 30, 10)
    vi.advanceTimersByTime(50)
    expect(
      sent()
        .flat()
        .map(([x]) => x),
    ).toEqual([2000])
    expect(target.end).toHaveBeenCalledOnce()
  })

  it('a second mouse or pen does not disturb the first', () => {
    send('down', 'pen', 10, 10)
    send('down', 'mouse', 90, 90, { id: 2 })
    send('move', 'mouse', 95, 90, { id: 2 })
    expect(target.begin).toHaveBeenCalledOnce()
    expect(renderer.pan).not.toHaveBeenCalled()
  })
})

describe('the wheel', () => {
  it.each([
    ['down moves the page up', { deltaY: 30 }, 'pan', [-0, -30]],
    ['sideways moves it sideways', { deltaX: 12 }, 'pan', [-12, -0]],
  ] as const)('%s', (_, turn, way, by) => {
    expect(wheel(turn).defaultPrevented).toBe(true)
    expect(renderer[way].mock.calls).toEqual([by])
  })

  it.each(['ctrlKey', 'metaKey'])('with %s zooms around the mouse, there and back', (key) => {
    wheel({ deltaY: -60, [key]: true })
    wheel({ deltaY: 60, [key]: true })
    const [[closer, x, y], [away]] = renderer.zoom.mock.calls as [number[], number[]]
    expect(closer).toBeGreaterThan(1.1)
    expect(closer! * away!).toBeCloseTo(1, 5)
    expect([x, y]).toEqual([100, 60])
  })
})

describe('the pointer', () => {
  it('is told where it hovers, not more often than anybody could follow', () => {
    vi.advanceTimersByTime(100)
    send('move', 'mouse', 10, 10)
    send('move', 'mouse', 20, 10)
    vi.advanceTimersByTime(61)
    send('move', 'mouse', 30, 10)
    expect(target.pointer.mock.calls).toEqual([
      ['p1', 1000, 1000, true],
      ['p1', 3000, 1000, true],
    ])
  })

  it.each(['mouse', 'pen'] as const)('goes with the hand that writes with a %s', (kind) => {
    vi.advanceTimersByTime(100)
    send('down', kind, 10, 10)
    send('move', kind, 20, 10)
    vi.advanceTimersByTime(61)
    send('move', kind, 60, 10)
    expect(target.pointer.mock.lastCall).toEqual(['p1', 6000, 1000, true])
  })

  it('is taken away at once when the mouse leaves', () => {
    vi.advanceTimersByTime(100)
    send('move', 'mouse', 10, 10)
    send('leave', 'mouse', 10, 10)
    expect(target.pointer.mock.lastCall).toEqual(['p1', 1000, 1000, false])
  })

  it('is not a finger, nor where there is no page', () => {
    vi.advanceTimersByTime(100)
    finger('leave', 1, 10, 10)
    renderer.openPage = null
    send('move', 'mouse', 10, 10)
    expect(target.pointer).not.toHaveBeenCalled()
  })
})

it('a long press opens no menu', () => {
  const event = new Event('contextmenu', { cancelable: true })
  element.dispatchEvent(event)
  expect(event.defaultPrevented).toBe(true)
})

it('destroyed while drawing, it ends the stroke', () => {
  send('down', 'mouse', 10, 10)
  input.destroy()
  expect(target.end).toHaveBeenCalledOnce()
})
