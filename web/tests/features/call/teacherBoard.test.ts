// What the teacher does on the board: pages, ink, the dot pen, photos; and what the server is asked for.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_WAITING_POINTS } from '@/net/operations'
import { page as pageOf, stroke } from '../../fakes/board'
import { TeacherCall, type How } from '../../fakes/console'
import { calm } from '../../fakes/media'

vi.mock('@/net/auth', () => import('../../fakes/auth'))
vi.mock('@/net/room', () => import('../../fakes/oneRoom'))

let call: TeacherCall
let room: TeacherCall['room']
let page: TeacherCall['page']

beforeEach(() => {
  call = new TeacherCall()
  room = call.room
})
afterEach(() => call.leave())

async function enter(how?: How) {
  await call.enter(how)
  page = call.page
}
const happens: TeacherCall['happens'] = (...all) => call.happens(...all)
const changes: TeacherCall['changes'] = (...all) => call.changes(...all)
const key: TeacherCall['key'] = (...all) => call.key(...all)
async function draw() {
  for (const [type, x] of [
    ['down', 100],
    ['move', 140],
    ['up', 140],
  ] as const) {
    const at = { pointerId: 1, pointerType: 'mouse', button: 0, clientX: x, clientY: 100 }
    page.get('board').dispatchEvent(new PointerEvent(`pointer${type}`, { ...at, bubbles: true }))
  }
  await page.settled()
}
const disabled = (testId: string) => (page.get(testId) as HTMLButtonElement).disabled
const pressed = (testId: string) => page.get(testId).getAttribute('aria-pressed')

describe('the pages', () => {
  beforeEach(() => {
    room.pages = [pageOf('a'), pageOf('b', { kind: 'paper' }), pageOf('c', { kind: 'photo' })]
  })

  it('are listed by number and kind, the open one marked', async () => {
    await enter()
    expect(page.get('page-2').textContent).toContain('Page 2, Paper')
    expect(page.get('page-1').getAttribute('aria-current')).toBe('page')
    await happens({ type: 'page_turned', member: 'stu', page: 'c' })
    expect(page.get('page-1').getAttribute('aria-current')).toBeNull()
    expect(page.get('page-3').getAttribute('aria-current')).toBe('page')
  })

  it('are small pictures of themselves, a moment behind the ink', async () => {
    await enter()
    const { ended, ...begun } = stroke('web1.1', { page: 'b', colour: '#c81e1e', width: 1 })
    await happens({ type: 'stroke_began', ...begun })
    const picture = (n: number) => call.canvas.of(page.get(`page-${n}`).querySelector('canvas')!)
    expect([ended, picture(2).of('line')]).toEqual([true, []])
    await vi.advanceTimersByTimeAsync(800)
    await page.settled()
    const [drawn] = picture(2).of('line')
    expect(drawn).toMatchObject({ colour: '#c81e1e', on: { left: 43.2, right: 64.8 } })
    expect(drawn!.width).toBeGreaterThan(0.8)
    expect(picture(1).of('line')).toEqual([])
  })

  it.each([
    ['a picture', () => page.press('page-3'), 'c'],
    ['the arrow', () => page.press('next-page'), 'b'],
    ['PgDn', () => key('PageDown'), 'b'],
  ])('are turned with %s', async (_, turn, to) => {
    await enter()
    await turn()
    expect(room.asked('turn_page').map((one) => one.page)).toEqual([to])
  })

  it('are not pulled away by the pen: a hint says where it writes', async () => {
    await enter()
    const { ended, ...by } = stroke('pen-n.1', { page: 'b', source: 'pen-n', member: 'tea' })
    await happens({ type: 'stroke_began', ...by })
    expect([ended, page.get('pen-hint').textContent]).toEqual([
      true,
      'The pen writes on page 2 · go there',
    ])
    await page.press('pen-hint')
    expect(room.asked('turn_page')).toMatchObject([{ page: 'b' }])
    await happens({ type: 'page_turned', member: 'tea', page: 'c' })
    expect(page.sees('pen-hint')).toBe(false)
  })

  it('end at both ends', async () => {
    await enter()
    expect([disabled('previous-page'), disabled('next-page')]).toEqual([true, false])
    await key('PageUp')
    await happens({ type: 'page_turned', member: 'tea', page: 'c' })
    expect([disabled('previous-page'), disabled('next-page')]).toEqual([false, true])
    await key('PageDown')
    expect(room.asked('turn_page')).toEqual([])
  })

  it('a blank one is added with the button or the key, once each', async () => {
    await enter()
    await page.press('add-blank')
    await key('b')
    const asked = room.asked('add_page')
    expect(asked.map((one) => one.kind)).toEqual(['blank', 'blank'])
    expect(asked[0]).toMatchObject({ width: 14_800, height: 21_000 })
  })

  it('without any, it says how to get one', async () => {
    room.pages = []
    await enter()
    expect(page.text()).toContain('No page yet')
    expect(disabled('clear-page')).toBe(true)
    await happens({ type: 'page_added', member: 'tea', page: pageOf('a') })
    expect(page.text()).not.toContain('No page yet')
  })

  it('are cleared only when that is confirmed', async () => {
    await enter()
    await page.press('clear-page')
    expect(page.text()).toContain('page 1')
    await page.press(page.named('Cancel'))
    expect(room.asked('clear_page')).toEqual([])
    await page.press('clear-page')
    await page.press(page.named('Clear'))
    expect(room.asked('clear_page').map((one) => one.page)).toEqual(['a'])
  })
})

describe('the ink', () => {
  it('is drawn with what was chosen, by button or key', async () => {
    await enter()
    await page.press('colour-blue')
    await page.press('width-thick')
    await draw()
    await key('h')
    await key('4')
    await draw()
    expect(pressed('tool-highlighter')).toBe('true')
    expect(pressed('colour-green')).toBe('true')
    expect(room.asked('stroke_begin')).toMatchObject([
      { tool: 'pen', colour: '#1d4ed8', width: 120 },
      { tool: 'highlighter', width: 900 },
    ])
    await key('v')
    await draw()
    expect(room.asked('stroke_begin')).toHaveLength(2)
  })

  it('is taken back with Ctrl+Z, but not while a text is written', async () => {
    await enter()
    expect(disabled('undo')).toBe(true)
    await draw()
    await key('z', { ctrlKey: true }, page.get('chat-input'))
    expect(room.asked('undo_stroke')).toEqual([])
    await key('z', { ctrlKey: true })
    const [begun] = room.asked('stroke_begin')
    expect(room.asked('undo_stroke').map((one) => one.stroke)).toEqual([begun!.stroke])
  })

  it('that waits for too long is no longer taken, and told', async () => {
    await enter()
    room.socket.drop()
    const at = { pointerId: 1, pointerType: 'mouse', button: 0, clientX: 100, clientY: 100 }
    const samples = Array.from({ length: MAX_WAITING_POINTS }, (_, n) => ({
      ...at,
      clientX: n % 2 ? 100 : 140,
      timeStamp: n,
    }))
    const move = new PointerEvent('pointermove', at)
    Object.assign(move, { getCoalescedEvents: () => samples })
    page.get('board').dispatchEvent(new PointerEvent('pointerdown', at))
    page.get('board').dispatchEvent(move)
    await page.settled()
    expect(page.sees('ink-full')).toBe(true)
  })
})

describe('the dot pen', () => {
  const state = () => page.get('pen-state').dataset.state

  it.each([
    [[], 'none'],
    [[{ pen: 'p', model: 'm', paired_ms: 1, connected: false }], 'paired'],
  ])('%j is shown as %s', async (known, shown) => {
    call.pens = { status: 200, body: { pens: known } }
    await enter()
    expect(state()).toBe(shown)
  })

  it('connected, writing, and resting again', async () => {
    await enter()
    await changes('tea', { pen: true })
    await vi.advanceTimersByTimeAsync(1_000)
    await page.settled()
    expect(state()).toBe('connected')
    const { ended, ...begun } = stroke('pen7.1', { member: 'tea' })
    await happens({ type: 'stroke_began', ...begun })
    await vi.advanceTimersByTimeAsync(500)
    await page.settled()
    expect([ended, state()]).toEqual([true, 'writing'])
    await vi.advanceTimersByTimeAsync(2_500)
    await page.settled()
    expect(state()).toBe('connected')
  })
})

describe('a photo', () => {
  async function choose() {
    const input = page.get('photo-file') as HTMLInputElement
    const file = new File(['x'], 'a.jpg', { type: 'image/jpeg' })
    Object.defineProperty(input, 'files', { value: [file], configurable: true })
    input.dispatchEvent(new Event('change'))
    await page.settled()
  }
  class Upload {
    static last: Upload
    upload: { onprogress?: (event: object) => void } = {}
    onload?: () => void
    status = 0
    responseText = ''
    open = vi.fn()
    setRequestHeader = vi.fn()
    getResponseHeader = () => null
    send = () => void (Upload.last = this)
    async answer(status: number, body: unknown) {
      this.status = status
      this.responseText = JSON.stringify(body)
      this.onload!()
      await calm()
      await page.settled()
    }
  }
  beforeEach(() => void vi.stubGlobal('XMLHttpRequest', Upload))

  it('goes up with its progress and becomes a page', async () => {
    await enter()
    await choose()
    expect(Upload.last.open).toHaveBeenCalledWith('POST', '/api/sessions/s_1/photos')
    Upload.last.upload.onprogress!({ lengthComputable: true, loaded: 42, total: 100 })
    await page.settled()
    expect(page.get('add-photo').textContent).toContain('42%')
    expect(disabled('add-photo')).toBe(true)
    await Upload.last.answer(201, { photo: 'ph_1', width: 300, height: 400 })
    expect(room.asked('add_page')).toMatchObject([{ kind: 'photo', photo: 'ph_1' }])
    expect(disabled('add-photo')).toBe(false)
  })

  it.each([
    [413, 'too_large', 'larger than 15 MB'],
    [415, 'not_a_picture', 'not a picture we can read'],
    [500, 'internal', '(internal)'],
  ])('refused with %i is explained', async (status, code, words) => {
    await enter()
    await choose()
    await Upload.last.answer(status, { error: { code } })
    expect(page.text()).toContain(words)
    expect(room.asked('add_page')).toEqual([])
  })
})

it('the list of shortcuts opens with a question mark, and other keys rest while it is open', async () => {
  await enter()
  await key('?')
  expect(page.get('help-list').textContent).toContain('Let the student draw')
  await key('b')
  expect(room.asked('add_page')).toEqual([])
})
