// The teacher's desk: the door, calls that come in, the way into a session and out, what is owed.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import TeacherPage from '@/features/calls/TeacherPage.vue'
import sessions from '@/features/sessions'
import people from '@/features/people'
import { auth } from '@/net/auth'
import { ANSWER_MS, hold } from '@/net/here'
import { useLobby } from '@/net/lobby'
import { pane, take } from '@/router/feature'
import { FakeChannel } from '../../fakes/channel'
import { useFakeMedia } from '../../fakes/media'
import { useRoomBrowser } from '../../fakes/room'
import { serve } from '../../fakes/server'
import { FakeSocket } from '../../fakes/socket'
import { speak, visit, type Visit } from '../../fakes/visit'

vi.mock('@/net/auth', () => import('../../fakes/auth'))
vi.mock('@/net/lobby', () => import('../../fakes/lobby'))

const NOW = 1_772_000_000_000
const READY = {
  ...{ type: 'session_ready', call: 'c_1', session: 's_1', url: '/ws/room', grant: 'g' },
  ...{ other: '林小雨', subject: 'physics' },
}
const form = (session: string, more = {}) => ({
  ...{ session, other: `学生${session}`, subject: 'maths', started_ms: NOW, ended_ms: NOW },
  ...{ reason: 'hung_up', ...more },
})
const call = (id: string, more = {}) => ({
  ...{ type: 'incoming_call', call: id, student: 'p_2', name: `学生${id}`, grade: 8, school: '' },
  ...{
    subject: 'maths',
    note: '',
    deadline_ms: Date.now() + 20_000,
    history: [],
    sessions: 0,
    ...more,
  },
})

/** In the console's place: its two ways out. */
const Console = defineComponent({
  props: { ready: { type: Object, required: true } },
  emits: ['done'],
  setup: (props, { emit }) => {
    const { session, other, subject } = props.ready as typeof READY
    const due = { session, other, subject, startedMs: null, reason: 'time_limit' }
    const exit = (name: string, how: unknown) =>
      h('button', { 'data-testid': name, onClick: () => emit('done', how) })
    return () =>
      h('div', { 'data-testid': 'console' }, [other, exit('over', due), exit('out', null)])
  },
})

let page: Visit
let media: ReturnType<typeof useFakeMedia>
let asked: string[]
const server = () => FakeSocket.last
async function says(message: Record<string, unknown> & { type: string }) {
  server().say(message)
  await page.settled()
  await vi.dynamicImportSettled()
  await page.settled()
}

async function desk(presence = 'away', secure = true) {
  vi.stubGlobal('isSecureContext', secure)
  useLobby().start()
  page = await visit(TeacherPage, '/teacher')
  server().welcome()
  server().lives = true
  await says({ type: 'availability', presence })
}

beforeEach(async () => {
  take({
    routes: [],
    words: { 'zh-CN': async () => ({ default: {} }), en: async () => ({ default: {} }) },
    panes: { console: async () => ({ default: Console }) },
  })
  for (const feature of [sessions, people]) take(feature)
  for (const name of ['report', 'sessions', 'pens']) expect(pane(name)).toBeTruthy()
  await Promise.all([
    import('@/features/sessions/ReportForm.vue'),
    import('@/features/sessions/SessionsList.vue'),
    import('@/features/people/PensPanel.vue'),
  ])
  vi.useFakeTimers({ now: NOW })
  FakeSocket.all = []
  sessionStorage.clear()
  document.title = ''
  media = useFakeMedia()
  useRoomBrowser(true)
  asked = serve((_, path) => {
    if (path === '/api/pens') return { status: 200, body: { pens: [] } }
    if (path.startsWith('/api/sessions')) return { status: 200, body: { sessions: [] } }
    return { status: 200, body: { knowledge_points: { maths: [], physics: [] }, style_labels: [] } }
  })
  speak('en')
})
afterEach(() => {
  page.leave()
  useLobby().stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.clearAllMocks()
  speak('zh-CN')
})

describe('the door', () => {
  it.each([true, false])(
    'warns where no student could hear its teacher (https: %s)',
    async (secure) => {
      await desk('away', secure)
      expect(page.sees('insecure')).toBe(!secure)
    },
  )

  const door = () => page.get('presence').dataset.presence
  const knob = () => page.get('availability') as HTMLButtonElement

  it('is opened and closed by the server’s word, and the microphone is asked for in time', async () => {
    await desk()
    await page.press('availability')
    expect(server().of('set_availability')).toEqual([{ type: 'set_availability', available: true }])
    expect(media.devices.asked).toBe(1)
    expect([door(), knob().getAttribute('aria-checked')]).toEqual(['away', 'true'])
    await says({ type: 'availability', presence: 'online' })
    expect(door()).toBe('online')
    await page.press('availability')
    expect(server().of('set_availability')[1]).toMatchObject({ available: false })
    expect(media.devices.asked).toBe(1)
  })

  it.each([
    ['busy', false, 'busy'],
    ['busy', true, 'ringing'],
  ])(
    '%s with a call ringing (%s) is shown as %s, and cannot be turned',
    async (presence, rings, word) => {
      await desk('online')
      if (rings) await says(call('c_1'))
      await says({ type: 'availability', presence })
      expect(door()).toBe(word)
      expect(knob().disabled).toBe(true)
    },
  )

  it('turned before the server has welcomed the page, it is opened then', async () => {
    useLobby().start()
    page = await visit(TeacherPage, '/teacher')
    expect([door(), knob().disabled]).toEqual(['connecting', false])
    await page.press('availability')
    expect(knob().getAttribute('aria-checked')).toBe('true')
    server().welcome()
    await says({ type: 'availability', presence: 'away' })
    expect(server().of('set_availability')).toEqual([{ type: 'set_availability', available: true }])
    expect(knob().getAttribute('aria-checked')).toBe('true')
    await says({ type: 'availability', presence: 'online' })
    expect(door()).toBe('online')
    server().drop()
    await vi.advanceTimersByTimeAsync(5_000)
    server().welcome()
    await says({ type: 'availability', presence: 'online' })
    expect(server().of('set_availability')).toEqual([])
  })

  it('without a connection claims nothing', async () => {
    await desk('online')
    server().drop()
    await page.settled()
    expect(door()).toBe('offline')
    expect(knob().disabled).toBe(true)
  })

  it('taken over by another window, it says so', async () => {
    await desk('online')
    server().drop('replaced')
    await page.settled()
    expect(page.get('lobby-replaced').textContent).toContain('another window')
  })
})

describe('a call', () => {
  it('accepted leads into its session, whose name is the window’s', async () => {
    await desk('online')
    await says(call('c_1', { name: '林小雨', note: '浮力' }))
    expect(page.text()).toContain('浮力')
    await page.press('accept')
    expect(server().of('accept_call')).toEqual([{ type: 'accept_call', call: 'c_1' }])
    await says(READY)
    expect(page.get('console').textContent).toContain('林小雨')
    expect(document.title).toMatch(/^(\d+:\d\d · )?林小雨 · /)
    expect(page.sees('sign-out')).toBe(false)
  })

  it('one of two is answered; the other rings on', async () => {
    await desk('online')
    await says(call('c_1'))
    await says(call('c_2'))
    await page.press('decline')
    expect(server().of('decline_call')).toEqual([{ type: 'decline_call', call: 'c_1' }])
    expect(page.text()).toContain('学生c_2')
  })

  it.each([
    ['cancelled', 'The student cancelled the call'],
    ['answered_elsewhere', 'Answered in another window'],
    ['no_answer', 'not answered in time'],
  ])('that ended as %s is told', async (outcome, words) => {
    await desk('online')
    await says(call('c_1'))
    await says({ type: 'call_ended', call: 'c_1', outcome })
    expect(page.text()).toContain(words)
  })

  it('that could not be accepted lets one accept the next', async () => {
    await desk('online')
    await says(call('c_1'))
    await page.press('accept')
    await says({ type: 'refused', code: 'full', text: '', n: null })
    expect(page.text()).toContain('Too many people')
    await page.press('accept')
    expect(server().of('accept_call')).toHaveLength(2)
  })

  it('rings nobody in the middle of a session', async () => {
    await desk('online')
    await says(READY)
    await page.press('return-session')
    await says(call('c_2'))
    expect(page.sees('accept')).toBe(false)
  })
})

describe('a session that runs', () => {
  it('is offered and not entered by itself', async () => {
    await desk()
    await says(READY)
    expect(page.sees('console')).toBe(false)
    expect(page.get('return-banner').textContent).toMatch(/Physics.*林小雨/)
    await page.press('return-session')
    await says({ type: 'availability', presence: 'busy' })
    expect(page.sees('console')).toBe(true)
  })

  it('is entered at once by the tab that was in it, after a reload', async () => {
    await desk()
    await says(READY)
    await page.press('return-session')
    page.leave()
    useLobby().stop()
    await desk('busy')
    await says(READY)
    expect(page.sees('console')).toBe(true)
  })

  it.each([
    ['is gone back into by a tab opened anew', false],
    ['is left to the tab of this device that is in it', true],
  ])('%s', async (_, living) => {
    vi.stubGlobal('BroadcastChannel', FakeChannel)
    const letGo = hold('s_1')
    if (!living) FakeChannel.all = []
    await desk('busy')
    await says(READY)
    await vi.advanceTimersByTimeAsync(ANSWER_MS)
    await page.settled()
    expect(page.sees('console')).toBe(!living)
    letGo(true)
  })

  it('that was left is offered, also after a reload', async () => {
    await desk()
    await says(READY)
    await page.press('return-session')
    await page.settled()
    await page.press('out')
    expect(page.sees('return-banner')).toBe(true)
    page.leave()
    useLobby().stop()
    await desk('busy')
    await says(READY)
    expect(page.sees('console')).toBe(false)
  })
})

describe('after a session', () => {
  async function over() {
    await desk()
    await says(READY)
    await page.press('return-session')
    await page.settled()
    await page.press('over')
    await vi.dynamicImportSettled()
    await page.settled()
  }

  it('the form is there, and becomes what the server knows of it', async () => {
    await over()
    expect(page.get('report-form').textContent).toContain('林小雨')
    expect(useLobby().ready).toBeNull()
    expect(document.title).toBe('Session form · Inkcall')
    await says({
      type: 'forms_due',
      forms: [form('s_1', { other: '林小雨', reason: 'server_lost' })],
    })
    expect(page.text()).toContain('The server failed during this session')
  })

  it('what is owed stands on the desk, three at most, and opens its form', async () => {
    await desk()
    const forms = ['s_1', 's_2', 's_3', 's_4', 's_5'].map((one) => form(one))
    await says({ type: 'forms_due', forms })
    expect(page.get('forms-due').querySelectorAll('li')).toHaveLength(3)
    expect(page.get('forms-due').textContent).toContain('2 more')
    await page.press('fill-s_2')
    await vi.dynamicImportSettled()
    await page.settled()
    expect(page.get('report-form').textContent).toContain('学生s_2')
  })
})

describe('the rest of the desk', () => {
  it('greets by name, tells of maintenance, signs out', async () => {
    await desk()
    expect(page.text()).toContain('Hello, 林小雨')
    await says({ type: 'draining', deadline_ms: new Date(2026, 2, 1, 21, 30).getTime() })
    expect(page.get('draining').textContent).toContain('09:30')
    await page.press('sign-out')
    expect(auth.signOut).toHaveBeenCalledOnce()
  })

  it('brings the list of sessions and the pens of other features', async () => {
    await desk()
    expect(page.sees('sessions')).toBe(true)
    expect(page.sees('pens')).toBe(true)
    expect(asked).toContain('GET /api/pens')
  })
})
