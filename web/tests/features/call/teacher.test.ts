// The teacher's console from outside: with whom, the student's rights, voice, chat, and the end.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TeacherCall, type How } from '../../fakes/console'
import { calm, FakeAudio, FakeConnection, FakeTrack } from '../../fakes/media'

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

async function arrive(how?: How) {
  await call.arrive(how)
  page = call.page
}
async function enter(how?: How) {
  await call.enter(how)
  page = call.page
}
const happens: TeacherCall['happens'] = (...all) => call.happens(...all)
const changes: TeacherCall['changes'] = (...all) => call.changes(...all)
const key: TeacherCall['key'] = (...all) => call.key(...all)
const disabled = (testId: string) => (page.get(testId) as HTMLButtonElement).disabled
const pressed = (testId: string) => page.get(testId).getAttribute('aria-pressed')

describe('the tab', () => {
  it('says with whom, and how long still', async () => {
    room.endsInMs = 125_000
    await enter()
    expect(document.title).toMatch(/^2:0\d · 林小雨 · Session · Inkcall$/)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(document.title).toMatch(/^1:0\d · /)
  })
})

describe('the head', () => {
  it('says that the session is recorded: a sentence at first, a sign all along', async () => {
    await arrive()
    expect(page.sees('recording-sign')).toBe(false)
    room.letIn()
    await page.settled()
    expect(page.get('recording-note').textContent).toContain('This session is recorded')
    expect(page.get('recording-sign').textContent).toContain('Recording')
    await vi.advanceTimersByTimeAsync(11_000)
    await page.settled()
    expect(page.sees('recording-note')).toBe(false)
    expect(page.sees('recording-sign')).toBe(true)
  })

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

  it('maintenance is told with the time to finish by', async () => {
    await enter()
    room.socket.say({ type: 'draining', deadline_ms: new Date(2026, 2, 1, 20, 5).getTime() })
    await page.settled()
    expect(page.get('room-draining').textContent).toMatch(/finish by 08:05/)
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

  it('a page that came without https says so, and does not offer to ask again', async () => {
    await enter({ mic: ['insecure'] })
    expect(page.get('mic-insecure').textContent).toContain('opened with http://')
    expect(page.sees('retry-mic')).toBe(false)
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
    ['an address', async () => void (await page.router.push('/elsewhere'))],
    ['the browser’s Back', async () => void page.router.back()],
  ])('with %s is asked about first', async (_, ask) => {
    await enter()
    await ask()
    await page.settled()
    expect(page.where()).toBe('/teacher?session=s_1')
    await page.press(page.named('Cancel'))
    expect(room.asked('end_session')).toEqual([])
    await ask()
    await page.settled()
    await page.press(page.named('End'))
    expect(room.asked('end_session')).toHaveLength(1)
  })

  it('by closing the window is asked about by the browser, while the lesson runs', async () => {
    const closes = () => window.dispatchEvent(new Event('beforeunload', { cancelable: true }))
    await arrive()
    expect(closes()).toBe(true)
    room.letIn()
    await page.settled()
    expect(closes()).toBe(false)
    await happens({ type: 'session_ended', reason: 'hung_up', member: null })
    expect(closes()).toBe(true)
  })

  it('takes the lesson out of the address, so that a reload is at the desk', async () => {
    await enter()
    await happens({ type: 'session_ended', reason: 'hung_up', member: null })
    call.given.shown = false
    await page.settled()
    expect(page.where()).toBe('/teacher')
  })

  it('comes by itself when the time is up and the server is gone', async () => {
    call.room.endsInMs = 20_000
    await call.enter()
    call.room.socket.drop()
    await vi.advanceTimersByTimeAsync(19_000)
    expect(call.done).toEqual([])
    await vi.advanceTimersByTimeAsync(7_000)
    expect(call.done).toMatchObject([{ session: 's_1', reason: 'unknown' }])
  })

  it('leads to the form, with what the server knows of it when it does', async () => {
    await enter()
    await happens({ type: 'session_ended', reason: 'time_limit', member: null })
    const known = { session: 's_1', other: '林小雨', subject: 'maths' as const }
    expect(call.done).toEqual([{ ...known, startedMs: null, reason: 'time_limit' }])
    call.given.forms = [{ ...known, started_ms: 5, ended_ms: 6, reason: 'time_limit' }]
    await page.settled()
    expect(call.done[1]).toEqual({ ...known, startedMs: 5, reason: 'time_limit' })
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
    if (call.done.length === 0) {
      expect(page.get('room-closed').textContent).toContain(words)
      await page.press('back-to-desk')
      expect(call.done).toEqual([null])
    } else expect(reason).toBe('session_ended')
  })
})

it('a refusal of the room is shown once', async () => {
  await enter()
  room.socket.say({ type: 'refused', code: 'board_full', text: '', n: null })
  await page.settled()
  expect(page.text()).toContain('The board is full')
})
