// The teacher's console from outside: what it shows of the room, and what it asks the server for.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, shallowReactive } from 'vue'
import SessionConsole from '@/features/call/SessionConsole.vue'
import type { DueForm } from '@/wire/messages'
import { page as pageOf, stroke } from '../../fakes/board'
import { READY } from '../../fakes/call'
import { useFakeCanvas } from '../../fakes/canvas'
import { calm, FakeAudio, FakeConnection, FakeTrack, useFakeMedia } from '../../fakes/media'
import type { MicAnswer } from '../../fakes/media'
import { noRoom } from '../../fakes/oneRoom'
import { RoomServer, useRoomBrowser } from '../../fakes/room'
import { serve, type Answer } from '../../fakes/server'
import { FakeSocket } from '../../fakes/socket'
import { speak, visit, type Visit } from '../../fakes/visit'

vi.mock('@/net/auth', () => import('../../fakes/auth'))
vi.mock('@/net/room', () => import('../../fakes/oneRoom'))

let page: Visit
let room: RoomServer
let given: { ready: typeof READY; forms: readonly DueForm[] }
let done: unknown[]
let canvas: ReturnType<typeof useFakeCanvas>
let pens: Answer

interface How {
  mic?: MicAnswer[]
  wide?: boolean
}

async function arrive({ mic = [], wide = true }: How = {}) {
  useFakeMedia(...mic)
  useRoomBrowser(wide)
  serve((_, path) => (path === '/api/pens' ? pens : { status: 404 }))
  const Desk = defineComponent({
    render: () => h(SessionConsole, { ...given, onDone: (due: unknown) => done.push(due) }),
  })
  page = await visit(Desk, '/teacher')
}
async function enter(how?: How) {
  await arrive(how)
  room.letIn()
  room.socket.lives = true
  await page.settled()
}
async function happens(event: Record<string, unknown> & { type: string }) {
  room.happens(event)
  await page.settled()
}
async function changes(...change: Parameters<RoomServer['changes']>) {
  room.changes(...change)
  await page.settled()
}
async function key(pressed: string, more: KeyboardEventInit = {}, on: EventTarget = window) {
  on.dispatchEvent(new KeyboardEvent('keydown', { key: pressed, bubbles: true, ...more }))
  await page.settled()
}
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

beforeEach(() => {
  vi.useFakeTimers({ now: 1_772_000_000_000 })
  sessionStorage.clear()
  localStorage.clear()
  FakeSocket.all = []
  noRoom()
  canvas = useFakeCanvas()
  for (const side of ['clientWidth', 'clientHeight'] as const) {
    vi.spyOn(HTMLElement.prototype, side, 'get').mockReturnValue(500)
  }
  speak('en')
  room = new RoomServer('tea')
  room.members[1]!.permissions = ['draw', 'upload', 'end', 'manage']
  given = shallowReactive({ ready: { ...READY, other: '林小雨' }, forms: [] })
  done = []
  pens = { status: 200, body: { pens: [] } }
})
afterEach(() => {
  page.leave()
  noRoom()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  speak('zh-CN')
})

describe('the head', () => {
  it('says with whom, about what, and how long', async () => {
    room.endsInMs = 125_000
    await arrive()
    expect(page.text()).toContain('Entering the session')
    expect(disabled('end-session')).toBe(true)
    room.letIn()
    await page.settled()
    expect(page.text()).not.toContain('Entering the session')
    for (const words of ['林小雨', 'Maths']) expect(page.text()).toContain(words)
    expect(page.get('time-left').textContent).toMatch(/2:0[45] left/)
  })

  it.each([
    ['absent', 'student-absent'],
    ['reconnecting', 'student-reconnecting'],
  ] as const)('a student who is %s', async (link, banner) => {
    await enter()
    expect(page.get('student-link').dataset.link).toBe('connected')
    await changes('stu', { link })
    expect(page.get('student-link').dataset.link).toBe(link)
    expect(page.get(banner).textContent).toContain('林小雨')
    await changes('stu', { link: 'connected' })
    expect(page.sees(banner)).toBe(false)
  })

  it('cut off itself, it says so and claims nothing about the student', async () => {
    await enter()
    await changes('stu', { link: 'reconnecting' })
    room.socket.drop()
    await page.settled()
    expect(page.get('self-lost').textContent).toContain('delivered when it is back')
    expect(page.get('student-link').dataset.link).toBe('unknown')
    expect(page.sees('student-reconnecting')).toBe(false)
  })

  it('warns of the end by the minute', async () => {
    room.endsInMs = 170_000
    await enter()
    await happens({ type: 'time_warning', ends_at: 170_000 })
    expect(page.get('time-warning').textContent).toContain('3:00')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(page.get('time-warning').textContent).toContain('2:00')
  })

  it('shows how the student’s voice travels, and that they are muted', async () => {
    await enter()
    const quality = { type: 'quality', member: 'stu', voice: 'connected', level: -30 }
    room.socket.say({ ...quality, loss: 0.2, rtt_ms: 40, jitter_ms: 5 })
    await changes('stu', { muted: true })
    expect(page.get('quality').dataset.grade).toBe('poor')
    expect(page.get('quality').title).toContain('20.0%')
    expect(page.text()).toContain('The other side is muted')
  })

  it('maintenance is told with its time', async () => {
    await enter()
    room.socket.say({ type: 'draining', deadline_ms: new Date(2026, 2, 1, 20, 5).getTime() })
    await page.settled()
    expect(page.get('room-draining').textContent).toMatch(/08:05/)
  })
})

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
    const picture = (n: number) => canvas.of(page.get(`page-${n}`).querySelector('canvas')!)
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
    for (let n = 0; n < 2_100; n += 1) await draw0()
    await page.settled()
    expect(page.sees('ink-full')).toBe(true)

    async function draw0() {
      const at = { pointerId: 1, pointerType: 'mouse', button: 0, clientX: 100, clientY: 100 }
      page.get('board').dispatchEvent(new PointerEvent('pointerdown', at))
      page.get('board').dispatchEvent(new PointerEvent('pointerup', at))
    }
  })
})

describe('the dot pen', () => {
  const state = () => page.get('pen-state').dataset.state

  it.each([
    [[], 'none'],
    [[{ pen: 'p', model: 'm', paired_ms: 1, connected: false }], 'paired'],
  ])('%j is shown as %s', async (known, shown) => {
    pens = { status: 200, body: { pens: known } }
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

describe('the student', () => {
  it('may draw or not, and keeps their other rights', async () => {
    await enter()
    const box = () => page.get('student-draws') as HTMLInputElement
    expect(box().checked).toBe(true)
    await page.press('student-draws')
    await changes('stu', { permissions: ['upload', 'end'] })
    expect(box().checked).toBe(false)
    await key('d')
    expect(room.asked('set_permissions')).toMatchObject([
      { member: 'stu', permissions: ['upload', 'end'] },
      { member: 'stu', permissions: ['upload', 'end', 'draw'] },
    ])
  })

  it('is not managed by who may not', async () => {
    room.members[1]!.permissions = ['draw', 'end']
    await enter()
    expect(disabled('student-draws')).toBe(true)
  })
})

describe('the voice', () => {
  it('is muted by button and key alike, and the room is told', async () => {
    const mic = new FakeTrack()
    await enter({ mic: [mic] })
    await page.press('mute')
    expect([mic.enabled, pressed('mute'), pressed('quick-mute')]).toEqual([false, 'true', 'true'])
    await key('m')
    expect(mic.enabled).toBe(true)
    expect(room.asked('set_muted').map((one) => one.muted)).toEqual([true, false])
  })

  it.each([
    ['denied', 'not allowed'],
    ['none', 'No microphone was found'],
  ] as const)('a microphone that is %s is told, and asked for again', async (answer, words) => {
    await enter({ mic: [answer, new FakeTrack()] })
    expect(page.text()).toContain(words)
    await page.press('retry-mic')
    await calm()
    await page.settled()
    expect(page.text()).not.toContain(words)
  })

  it('says while it is connected and when it breaks', async () => {
    await enter()
    room.socket.say({ type: 'media_offer', leg: 'l', sdp: 'o', restart: false })
    await calm()
    await page.settled()
    expect(page.get('voice-state').dataset.state).toBe('connecting')
    FakeConnection.last.become('connected')
    await page.settled()
    expect(page.sees('voice-state')).toBe(false)
    FakeConnection.last.become('disconnected')
    await page.settled()
    expect(page.get('voice-state').dataset.state).toBe('interrupted')
  })

  it('sets the volume', async () => {
    await enter()
    await page.type('speaker', '0.25')
    expect(FakeAudio.last.volume).toBe(0.25)
  })
})

describe('the chat', () => {
  const line = (text: string, member = 'stu') => happens({ type: 'said', member, text })

  it('sends with Enter, and not in the middle of a word of an input method', async () => {
    await enter()
    await page.type('chat-input', '你好')
    const box = page.get('chat-input') as HTMLTextAreaElement
    await key('Enter', { isComposing: true }, box)
    await key('Enter', { shiftKey: true }, box)
    expect(room.asked('say')).toEqual([])
    await key('Enter', {}, box)
    expect(room.asked('say').map((one) => one.text)).toEqual(['你好'])
    expect(box.value).toBe('')
    await key('Enter', {}, box)
    expect(room.asked('say')).toHaveLength(1)
  })

  it('names who said what', async () => {
    room.members[0]!.name = '林小雨'
    await enter()
    expect(page.get('chat').textContent).toContain('No messages yet')
    await line('老师好')
    await line('你好', 'tea')
    expect(page.get('chat').textContent).toMatch(/林小雨.*老师好.*Me.*你好/s)
  })

  it('on a phone counts what was not read', async () => {
    await enter({ wide: false })
    await line('一')
    await line('二')
    expect(page.get('tab-chat').textContent).toContain('2 new messages')
    await page.press('tab-chat')
    expect(page.get('tab-chat').textContent).not.toContain('new messages')
    await page.press('tab-board')
    await line('三')
    expect(page.get('tab-chat').textContent).toContain('1 new messages')
  })

  it('takes the keyboard with T', async () => {
    await enter()
    await key('t')
    expect(document.activeElement).toBe(page.get('chat-input'))
  })
})

describe('the end', () => {
  it.each([
    ['the button', () => page.press('end-session')],
    ['Ctrl+Shift+E', () => key('e', { ctrlKey: true, shiftKey: true })],
    ['the browser’s Back', async () => void (await page.router.push('/elsewhere'))],
  ])('with %s is asked about first', async (_, ask) => {
    await enter()
    await ask()
    await page.settled()
    expect(page.where()).toBe('/teacher')
    await page.press(page.named('Cancel'))
    expect(room.asked('end_session')).toEqual([])
    await ask()
    await page.settled()
    await page.press(page.named('End'))
    expect(room.asked('end_session')).toHaveLength(1)
  })

  it('leads to the form, with what the server knows of it when it does', async () => {
    await enter()
    await happens({ type: 'session_ended', reason: 'time_limit', member: null })
    const known = { session: 's_1', other: '林小雨', subject: 'maths' as const }
    expect(done).toEqual([{ ...known, startedMs: null, reason: 'time_limit' }])
    given.forms = [{ ...known, started_ms: 5, ended_ms: 6, reason: 'time_limit' }]
    await page.settled()
    expect(done[1]).toEqual({ ...known, startedMs: 5, reason: 'time_limit' })
  })

  it.each([
    ['replaced', 'another window'],
    ['session_ended', 'already ended'],
    ['grant_invalid', 'grant_invalid'],
  ])('closed with %s it says so and leads back to the desk', async (reason, words) => {
    await arrive()
    room.socket.welcome()
    room.socket.drop(reason)
    await page.settled()
    if (done.length === 0) {
      expect(page.get('room-closed').textContent).toContain(words)
      await page.press('back-to-desk')
      expect(done).toEqual([null])
    } else expect(reason).toBe('session_ended')
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

it('a refusal of the room is shown once', async () => {
  await enter()
  room.socket.say({ type: 'refused', code: 'board_full', text: '', n: null })
  await page.settled()
  expect(page.text()).toContain('The board is full')
})

it('the list of shortcuts opens with a question mark, and other keys rest while it is open', async () => {
  await enter()
  await key('?')
  expect(page.get('help-list').textContent).toContain('Let the student draw')
  await key('b')
  expect(room.asked('add_page')).toEqual([])
})
