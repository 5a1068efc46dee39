// The board as a page uses it: strokes go up as events, keys move it, photos and the other's pointer show.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import BoardView from '@/board/BoardView.vue'
import { board, page, stroke } from '../fakes/board'
import { useFakeCanvas, type FakeContext } from '../fakes/canvas'
import { open, type Page } from '../fakes/page'
import { useRoomBrowser } from '../fakes/room'
import { speak } from '../fakes/visit'

const EVENTS = [
  'stroke-begin',
  'stroke-points',
  'stroke-end',
  'stroke-cancel',
  'pointer',
  'painted',
]
let shown: Page
let canvases: FakeContext[]
let frames: (() => void)[]

function frame() {
  const due = frames
  frames = []
  for (const run of due) run()
}

function show(props: Record<string, unknown>) {
  const fake = useFakeCanvas()
  shown = open(BoardView, { version: 0, loadPhoto: () => new Promise(() => {}), ...props }, EVENTS)
  canvases = fake.made
  frame()
}
const ink = () => canvases.flatMap((canvas) => canvas.ink())
const clear = () => canvases.forEach((canvas) => canvas.clear())
/** The sheet's edges as it was drawn last. */
function sheet() {
  frame()
  const filled = canvases.flatMap((canvas) => canvas.of('fillRect'))
  return filled.filter((call) => call.colour === '#ffffff').at(-1)!.on
}
function mouse(type: string, x: number, y: number) {
  const at = { pointerId: 1, pointerType: 'mouse', button: 0, clientX: x, clientY: y }
  shown.get('board').dispatchEvent(new PointerEvent(`pointer${type}`, at))
}
async function key(name: string, more: KeyboardEventInit = {}) {
  const event = new KeyboardEvent('keydown', { key: name, cancelable: true, ...more })
  shown.get('board').dispatchEvent(event)
  await shown.settled()
  return event.defaultPrevented
}

beforeEach(() => {
  frames = []
  useRoomBrowser()
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run))
  vi.stubGlobal('cancelAnimationFrame', () => (frames = []))
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(600)
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600)
  speak('en')
})
afterEach(() => {
  shown.close()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  speak('zh-CN')
})

describe('drawing', () => {
  it('tells begin, points and end of the open page', () => {
    show({ board: board([page('a'), page('b')]), canDraw: true })
    mouse('down', 300, 300)
    mouse('move', 330, 300)
    mouse('up', 330, 300)
    const [on, points] = shown.events['stroke-begin']![0] as [string, number[][]]
    expect(on).toBe('a')
    expect(points[0]!.slice(0, 2)).toEqual([5000, 5000])
    expect(shown.events['stroke-points']).toHaveLength(1)
    expect(shown.events['stroke-end']).toHaveLength(1)
  })

  it.each([
    ['the right is taken away', () => (shown.props.canDraw = false)],
    ['another page is shown', () => (shown.props.page = 'b')],
  ])('ends under the hand when %s', async (_, happen) => {
    show({ board: board([page('a'), page('b')]), canDraw: true })
    mouse('down', 300, 300)
    happen()
    await shown.settled()
    expect(shown.events['stroke-end']).toHaveLength(1)
    mouse('move', 330, 300)
    mouse('up', 330, 300)
    expect(shown.events['stroke-end']).toHaveLength(1)
  })

  it('is off by default', () => {
    show({ board: board([page('a')]) })
    mouse('down', 300, 300)
    mouse('up', 300, 300)
    expect(shown.events['stroke-begin']).toEqual([])
    expect(shown.get('board').classList).toContain('hand')
  })
})

describe('what is shown', () => {
  const red = stroke('w.1', { colour: '#c81e1e' })
  const blue = stroke('w.2', { colour: '#1d4ed8', page: 'b' })

  it('is the open page, or the one that was asked for', async () => {
    show({ board: board([page('a'), page('b')], [red, blue]) })
    expect(ink()).toEqual(['#c81e1e'])
    clear()
    shown.props.page = 'b'
    await shown.settled()
    frame()
    expect(ink()).toEqual(['#1d4ed8'])
  })

  it('follows the board when its version says that it changed', async () => {
    const given = board([page('a')])
    show({ board: given })
    given.strokes['w.1'] = red
    clear()
    shown.props.version = 1
    await shown.settled()
    frame()
    expect(ink()).toEqual(['#c81e1e'])
  })

  it('has own ink on top, and not what is being undone', () => {
    show({
      board: board([page('a')], [red]),
      overlay: { 'w.9': stroke('w.9', { colour: '#15803d' }) },
      hidden: new Set(['w.1']),
    })
    expect(ink()).toEqual(['#15803d'])
  })

  it('has a name for who cannot see it', () => {
    show({ board: board([page('a')]) })
    expect(shown.get('board').getAttribute('aria-label')).toContain('Arrow keys move it')
    expect(shown.get('board').tabIndex).toBe(0)
  })
})

describe('keys', () => {
  it.each([
    ['ArrowLeft', 60, 0],
    ['ArrowRight', -60, 0],
    ['ArrowUp', 0, 60],
    ['ArrowDown', 0, -60],
  ])('%s moves the page by %i, %i', async (name, x, y) => {
    show({ board: board([page('a')]) })
    await key('+')
    await key('+')
    const before = sheet()
    expect(await key(name)).toBe(true)
    const after = sheet()
    expect([after.left - before.left, after.top - before.top].map(Math.round)).toEqual([x, y])
  })

  it.each([
    ['+', 1.25],
    ['=', 1.25],
    ['-', 0.8],
  ])('%s makes it %d times as large, around the middle', async (name, by) => {
    show({ board: board([page('a')]) })
    await key('+')
    const before = sheet()
    await key(name)
    const after = sheet()
    expect((after.right - after.left) / (before.right - before.left)).toBeCloseTo(by, 2)
    expect(after.left + after.right).toBeCloseTo(before.left + before.right, 0)
  })

  it('0 shows the whole page again', async () => {
    show({ board: board([page('a')]) })
    const whole = sheet()
    await key('+')
    await key('ArrowLeft')
    await key('0')
    expect(sheet()).toEqual(whole)
  })

  it.each([
    ['a letter', 'x', {}],
    ['the browser’s zoom', '+', { ctrlKey: true }],
    ['the way back', 'ArrowLeft', { altKey: true }],
  ])('%s is left to others', async (_, name, more) => {
    show({ board: board([page('a')]) })
    const before = sheet()
    expect(await key(name, more)).toBe(false)
    expect(sheet()).toEqual(before)
  })
})

describe('the other’s pointer', () => {
  const sign = () => document.querySelector<HTMLElement>('.pointer')
  const at = { member: 'tea', page: 'a', x: 5000, y: 5000, visible: true }

  it('stands where they point, with their name, and moves with the page', async () => {
    show({ board: board([page('a')]), pointer: at, pointerName: '陈静怡' })
    await shown.settled()
    expect(sign()!.textContent).toContain('陈静怡')
    expect(sign()!.style.transform).toBe('translate(300px, 300px)')
    await key('+')
    await key('ArrowRight')
    frame()
    await shown.settled()
    expect(sign()!.style.transform).toBe('translate(240px, 300px)')
  })

  it('leaves when it has been still for two seconds, and comes back when it moves', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    show({ board: board([page('a')]), pointer: at, pointerName: '陈静怡' })
    for (let n = 0; n < 3; n += 1) {
      await vi.advanceTimersByTimeAsync(1_900)
      expect(sign()).not.toBeNull()
      shown.props.pointer = { ...at, x: 5_000 + n }
      await shown.settled()
    }
    await vi.advanceTimersByTimeAsync(2_001)
    expect(sign()).toBeNull()
    shown.props.pointer = { ...at, x: 6_000 }
    await shown.settled()
    expect(sign()!.textContent).toContain('陈静怡')
    vi.useRealTimers()
  })

  it('does not come back with its page', async () => {
    show({ board: board([page('a'), page('b')]), pointer: at })
    await shown.settled()
    for (const open of ['b', 'a']) {
      shown.props.page = open
      await shown.settled()
    }
    expect(sign()).toBeNull()
  })

  it('says its name for a moment, and not over what it writes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const shownBoard = board([page('a')])
    show({ board: shownBoard, pointer: at, pointerName: '陈静怡' })
    await vi.advanceTimersByTimeAsync(900)
    expect(sign()!.textContent).toContain('陈静怡')
    shownBoard.strokes['t.1'] = stroke('t.1', { member: 'tea', ended: false })
    shown.props.version = 1
    await shown.settled()
    expect(sign()!.textContent).toBe('')
    shownBoard.strokes['t.1'].ended = true
    await vi.advanceTimersByTimeAsync(200)
    shown.props.pointer = { ...at, x: 6_000 }
    shown.props.version = 2
    await shown.settled()
    expect(sign()!.textContent).toBe('')
    vi.useRealTimers()
  })

  it.each([
    ['on another page', { page: 'b' }],
    ['taken away', { visible: false }],
  ])('%s is not shown', async (_, more) => {
    show({ board: board([page('a'), page('b')]), pointer: { ...at, ...more } })
    await shown.settled()
    expect(sign()).toBeNull()
  })
})

describe('a photo', () => {
  const photo = page('a', { kind: 'photo', photo: 'ph_1' })

  it('loads, and is there', async () => {
    let arrive = (_: unknown) => {}
    const loadPhoto = vi.fn(() => new Promise((resolve) => (arrive = resolve)))
    show({ board: board([photo]), loadPhoto })
    await shown.settled()
    expect(shown.text()).toContain('Loading the photo')
    const picture = { width: 100, height: 100, close() {} }
    arrive(picture)
    await shown.settled()
    expect(shown.text()).not.toContain('Loading')
    frame()
    const drawn = canvases.flatMap((canvas) => canvas.of('picture'))
    expect(drawn.some((call) => call.of === picture)).toBe(true)
    expect(loadPhoto.mock.calls).toEqual([['ph_1']])
  })

  it('that cannot be had is asked for again when somebody says so', async () => {
    const loadPhoto = vi.fn().mockRejectedValue(new Error('offline'))
    show({ board: board([photo]), loadPhoto })
    await shown.settled()
    expect(document.querySelector('[role=alert]')!.textContent).toContain('could not be loaded')
    loadPhoto.mockResolvedValue({ width: 10, height: 10, close() {} })
    document.querySelector<HTMLElement>('[role=alert] button')!.click()
    await shown.settled()
    expect(document.querySelector('[role=alert]')).toBeNull()
    expect(loadPhoto).toHaveBeenCalledTimes(2)
  })
})

it('taken off the page while it draws, it ends the stroke and paints no more', () => {
  show({ board: board([page('a')]), canDraw: true })
  mouse('down', 300, 300)
  shown.close()
  expect(shown.events['stroke-end']).toHaveLength(1)
  clear()
  frame()
  expect(canvases.flatMap((canvas) => canvas.calls)).toEqual([])
})
