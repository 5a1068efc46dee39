// The lobby over a socket whose other end the test holds: clocks, calls of a teacher, what is forgotten.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeLobby, type Lobby } from '@/net/lobby'
import type { TeacherCard } from '@/wire/messages'
import { FakeSocket } from '../fakes/socket'

vi.mock('@/net/auth', () => import('../fakes/auth'))

const NOW = 1_772_000_000_000
let lobby: Lobby
const server = () => FakeSocket.last

async function begin(serverAhead = 0) {
  lobby = makeLobby(FakeSocket.create)
  lobby.start()
  await vi.advanceTimersByTimeAsync(0)
  server().open()
  server().say({
    ...{ type: 'welcome', version: 1, person_id: 'p_1', name: 'x', role: 'teacher' },
    now_ms: Date.now() + serverAhead,
  })
}
const incoming = (call: string, deadline = NOW + 20_000) => ({
  ...{ type: 'incoming_call', call, student: 'p_2', name: '林小雨', grade: 8, school: '' },
  ...{ subject: 'maths', note: '', deadline_ms: deadline, history: [], sessions: 0 },
})
const card = (teacher: string, more: Partial<TeacherCard> = {}): TeacherCard => ({
  ...{ teacher, name: teacher, presence: 'online', subjects: [], grades: [], school: '' },
  ...{ biography: '', rating: 5, rated: 1, labels: [], ...more },
})
const ready = {
  ...{ type: 'session_ready', call: 'c_1', session: 's_1', url: '/ws/room', grant: 'g' },
  ...{ other: 'x', subject: 'maths' },
}
const form = (session: string) => ({
  ...{ session, other: 'x', subject: 'maths', started_ms: 1, ended_ms: 2, reason: 'hung_up' },
})

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
  FakeSocket.all = []
})
afterEach(() => {
  lobby.stop()
  vi.useRealTimers()
})

describe('clocks that differ', () => {
  it.each([90_000, -90_000])(
    'by %i ms: every deadline is told in this device’s time',
    async (ahead) => {
      await begin(ahead)
      const deadline_ms = NOW + ahead + 20_000
      server().say(incoming('c_1', deadline_ms))
      server().say({ type: 'draining', deadline_ms })
      lobby.call('t_1', 'maths')
      server().say({ type: 'ringing', call: 'c_2', teacher: 't_1', deadline_ms })
      expect(lobby.incoming[0]!.deadline_ms).toBe(NOW + 20_000)
      expect(lobby.draining).toBe(NOW + 20_000)
      expect(lobby.ringing!.deadline).toBe(NOW + 20_000)
    },
  )
})

describe('being called', () => {
  it('rings for each call once, the newest word of it', async () => {
    await begin()
    server().say(incoming('c_1'))
    server().say(incoming('c_2'))
    server().say(incoming('c_1', NOW + 5_000))
    expect(lobby.incoming.map((one) => [one.call, one.deadline_ms - NOW])).toEqual([
      ['c_2', 20_000],
      ['c_1', 5_000],
    ])
  })

  it('accepted, it is told and rings until the server has answered', async () => {
    await begin()
    server().say(incoming('c_1'))
    lobby.accept('c_1')
    expect(server().of('accept_call')).toEqual([{ type: 'accept_call', call: 'c_1' }])
    expect(lobby.incoming).toHaveLength(1)
    server().say(ready)
    expect(lobby.incoming).toEqual([])
    expect(lobby.ready).toMatchObject({ session: 's_1', grant: 'g' })
  })

  it('declined, it is quiet at once', async () => {
    await begin()
    server().say(incoming('c_1'))
    lobby.decline('c_1')
    expect(server().of('decline_call')).toEqual([{ type: 'decline_call', call: 'c_1' }])
    expect(lobby.incoming).toEqual([])
  })

  it('given up by the student, it is quiet and says why; another call goes on ringing', async () => {
    await begin()
    server().say(incoming('c_1'))
    server().say(incoming('c_2'))
    server().say({ type: 'call_ended', call: 'c_1', outcome: 'cancelled' })
    expect(lobby.incoming.map((one) => one.call)).toEqual(['c_2'])
    expect(lobby.lastOutcome).toEqual({ call: 'c_1', outcome: 'cancelled' })
    lobby.clearOutcome()
    expect(lobby.lastOutcome).toBeNull()
  })

  it('with the connection lost, nothing rings: the server tells again who still calls', async () => {
    await begin()
    server().say(incoming('c_1'))
    server().drop()
    expect(lobby.incoming).toEqual([])
    expect(lobby.lastOutcome).toBeNull()
  })

  it.each([
    ['accept', () => lobby.accept('c_1')],
    ['decline', () => lobby.decline('c_1')],
    ['go away', () => lobby.setAvailable(false)],
  ])('to %s without a connection is refused here, not lost in silence', async (_, act) => {
    await begin()
    server().drop()
    act()
    expect(lobby.notice).toEqual({ code: 'offline', text: '' })
    lobby.clearNotice()
    expect(lobby.notice).toBeNull()
  })
})

describe('the door', () => {
  it('is asked to change, and changes when the server says so', async () => {
    await begin()
    expect(lobby.presence).toBeNull()
    lobby.setAvailable(true)
    expect(server().of('set_availability')).toEqual([{ type: 'set_availability', available: true }])
    expect(lobby.presence).toBeNull()
    server().say({ type: 'availability', presence: 'online' })
    expect(lobby.presence).toBe('online')
  })
})

describe('the list', () => {
  it('has those one can call first, then the best, then by name; who goes is gone', async () => {
    await begin()
    const away = card('away', { presence: 'away', rating: 12 })
    const names = () => lobby.teachers.map((one) => one.teacher)
    server().say({
      type: 'teachers',
      teachers: [
        away,
        card('new', { rating: null }),
        card('b'),
        card('a'),
        card('best', { rating: 9 }),
      ],
    })
    expect(names()).toEqual(['best', 'a', 'b', 'new', 'away'])
    server().say({
      type: 'teacher_changed',
      teacher: card('best', { presence: 'busy', rating: 9 }),
    })
    expect(names()).toEqual(['a', 'b', 'new', 'best', 'away'])
    server().say({ type: 'teacher_changed', teacher: card('a', { presence: 'offline' }) })
    expect(names()).toEqual(['b', 'new', 'best', 'away'])
  })
})

describe('calling', () => {
  const calls = () => server().of('call_teacher')

  it('a long note is cut to what the server takes', async () => {
    await begin()
    lobby.call('t_1', 'maths', '字'.repeat(300))
    expect((calls()[0]!.note as string).length).toBe(200)
  })

  it('a refusal before it rings is its outcome, one of something else is a notice', async () => {
    await begin()
    lobby.call('t_1', 'maths')
    server().say({ type: 'refused', code: 'rate', text: '', n: null })
    expect([lobby.notice?.code, lobby.calling?.teacher]).toEqual(['rate', 't_1'])
    server().say({ type: 'refused', code: 'in_session', text: '', n: null })
    expect(lobby.lastOutcome).toEqual({ call: '', outcome: 'in_session', teacher: 't_1' })
    expect(lobby.calling).toBeNull()
  })

  it('is made again over a new connection, as long as nobody gave up', async () => {
    await begin()
    lobby.call('t_1', 'maths')
    server().drop()
    await vi.advanceTimersByTimeAsync(600)
    server().welcome()
    expect(calls()).toHaveLength(1)
    lobby.cancel()
    server().drop()
    await vi.advanceTimersByTimeAsync(600)
    server().welcome()
    expect(calls()).toEqual([])
  })

  it('the end of another call does not end this one', async () => {
    await begin()
    lobby.call('t_1', 'maths')
    server().say({ type: 'ringing', call: 'c_2', teacher: 't_1', deadline_ms: NOW + 9_000 })
    server().say({ type: 'call_ended', call: 'c_1', outcome: 'no_answer' })
    expect(lobby.ringing?.call).toBe('c_2')
    server().say({ type: 'call_ended', call: 'c_2', outcome: 'no_answer' })
    expect(lobby.ringing).toBeNull()
  })
})

describe('what stays and what goes', () => {
  it('a session to return to, until it is over; only that one is taken away', async () => {
    await begin()
    server().say(ready)
    lobby.clearReady('s_0')
    expect(lobby.ready?.session).toBe('s_1')
    lobby.clearReady('s_1')
    expect(lobby.ready).toBeNull()
  })

  it('forms that are due, less the one that was sent', async () => {
    await begin()
    server().say({ type: 'forms_due', forms: [form('s_1'), form('s_2')] })
    lobby.formSent('s_1')
    expect(lobby.forms.map((one) => one.session)).toEqual(['s_2'])
  })

  it('after a new welcome the server may be staying after all', async () => {
    await begin()
    server().say({ type: 'draining', deadline_ms: NOW + 1 })
    server().drop()
    await vi.advanceTimersByTimeAsync(600)
    server().welcome()
    expect(lobby.draining).toBeNull()
  })

  it('nothing of one person for the next: stopped, it is empty, and starts anew', async () => {
    await begin()
    server().say({ type: 'teachers', teachers: [card('a')] })
    server().say(ready)
    server().say({ type: 'forms_due', forms: [form('s_1')] })
    lobby.stop()
    expect(lobby).toMatchObject({ loaded: false, teachers: [], ready: null, forms: [] })
    expect(lobby.state).toBe('connecting')
    lobby.start()
    lobby.start()
    await vi.advanceTimersByTimeAsync(0)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it('closed for good it says why, and can be started again', async () => {
    await begin()
    server().drop('replaced')
    expect([lobby.state, lobby.closeReason]).toEqual(['closed', 'replaced'])
    lobby.start()
    await vi.advanceTimersByTimeAsync(0)
    server().welcome()
    expect([lobby.state, lobby.closeReason]).toEqual(['open', null])
  })
})
