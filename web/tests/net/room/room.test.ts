// The room client over a socket whose other end is a small honest server: numbered operations are
// done once and in order, events carry seq without a gap, acks are cumulative.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeRoom } from '@/net/room'
import { MAX_WAITING_POINTS, WINDOW } from '@/net/operations'
import type { VoiceLink } from '@/media/voice'
import type { Board, Point, RoomEvent } from '@/wire/messages'
import { apply, emptyBoard } from '@/wire/fold'
import { FakeSocket } from '../../fakes/socket'

vi.mock('@/net/auth', () => ({
  auth: {
    token: () => Promise.resolve('t'),
    person: { value: null },
    state: { value: 'signed_in' },
  },
}))

const ready = {
  type: 'session_ready' as const,
  call: 'c_1',
  session: 's_1',
  url: '/ws/room',
  grant: 'grant-1',
  other: '陈静怡',
  subject: 'maths' as const,
}
const style = { tool: 'pen' as const, colour: '#1d4ed8', width: 50 }
const point = (n: number): Point => [n * 10, n * 10, 500, n === 0 ? 0 : 8]

class Voice {
  view = { state: 'idle', muted: false, pc: null }
  resumed = 0
  closed = false
  firstSoundAt = null
  firstFrameAt = null
  offered() {}
  setMuted() {}
  socketResumed() {
    this.resumed += 1
  }
  close() {
    this.closed = true
  }
}

/** The server's room: survives the sockets, refuses what comes out of order. */
class ServerRoom {
  seq = 0
  lastN = 0
  board: Board = emptyBoard()
  events: RoomEvent[] = []
  forbid = new Set<string>()
  begun: unknown[] = []
  repeats = 0
  gaps = 0
  private readAt = new WeakMap<FakeSocket, number>()

  event(fields: Record<string, unknown>): RoomEvent {
    this.seq += 1
    const event = { ...fields, seq: this.seq, at: this.seq } as unknown as RoomEvent
    apply(this.board, [], event)
    this.events.push(event)
    return event
  }

  join(socket: FakeSocket, how: 'snapshot' | 'resumed'): void {
    const common = { session: 's_1', you: 'm_1', at: 1000, last_n: this.lastN, ends_at: 1_800_000 }
    if (how === 'snapshot') {
      const member = (id: string, role: string) => ({
        member: id,
        name: id,
        role,
        link: 'connected',
        muted: false,
        pen: false,
        permissions: ['draw', 'upload', 'end'],
      })
      socket.say({
        type: 'snapshot',
        ...common,
        seq: this.seq,
        members: [member('m_1', 'student'), member('m_2', 'teacher')],
        board: structuredClone(this.board),
        chat: [],
      })
    } else {
      const from = socket.of('join')[0]!.resume_seq as number
      socket.say({ type: 'resumed', ...common, seq: from })
      for (const event of this.events.slice(from)) socket.say(event as never)
    }
  }

  /** Read what came on this socket since the last time, act and answer. */
  work(socket: FakeSocket, answer = true): void {
    const from = this.readAt.get(socket) ?? 0
    this.readAt.set(socket, socket.sent.length)
    for (const message of socket.sent.slice(from)) {
      if (typeof message.n !== 'number') continue
      if (message.n <= this.lastN) {
        this.repeats += 1
        continue
      }
      if (message.n !== this.lastN + 1) {
        this.gaps += 1
        continue
      }
      this.lastN = message.n
      const told: unknown[] = []
      if (this.forbid.has(message.type)) {
        told.push({ type: 'refused', code: 'forbidden', text: '', n: message.n })
      } else if (message.type === 'stroke_begin') {
        const { stroke, page, tool, colour, width, points } = message
        this.begun.push(stroke)
        const who = { member: 'm_1', source: String(stroke).split('.')[0] }
        const fields = { stroke, page, tool, colour, width, points, ...who }
        told.push(this.event({ type: 'stroke_began', ...fields }))
      } else if (message.type === 'stroke_points') {
        const { stroke, points } = message
        told.push(this.event({ type: 'points_drawn', stroke, points }))
      } else if (message.type === 'stroke_end') {
        told.push(this.event({ type: 'stroke_ended', stroke: message.stroke }))
      } else if (message.type === 'undo_stroke') {
        told.push(this.event({ type: 'stroke_undone', stroke: message.stroke, member: 'm_1' }))
      } else if (message.type === 'say') {
        told.push(this.event({ type: 'said', member: 'm_1', text: message.text }))
      }
      if (answer) for (const one of told) socket.say(one as never)
    }
    if (answer) socket.say({ type: 'ack', n: this.lastN })
  }
}

let server: ServerRoom
let voice: Voice

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0)
}

async function enter() {
  const made = makeRoom(ready, {
    create: FakeSocket.create,
    voice: () => voice as unknown as VoiceLink,
  })
  await settle()
  FakeSocket.last.welcome()
  server.join(FakeSocket.last, 'snapshot')
  return made.room
}

async function reconnect(how: 'snapshot' | 'resumed'): Promise<FakeSocket> {
  const before = FakeSocket.all.length
  await vi.advanceTimersByTimeAsync(6_000)
  expect(FakeSocket.all.length).toBeGreaterThan(before)
  FakeSocket.last.welcome()
  server.join(FakeSocket.last, how)
  return FakeSocket.last
}

const strokesOf = (board: Board) =>
  Object.values(board.strokes).map((stroke) => [stroke.points.length, stroke.ended])

beforeEach(() => {
  vi.useFakeTimers()
  sessionStorage.clear()
  FakeSocket.all = []
  server = new ServerRoom()
  server.event({
    type: 'page_added',
    member: 'm_2',
    page: { page: 'p1', kind: 'blank', width: 14800, height: 21000, paper: '', photo: null },
  })
  server.event({ type: 'page_turned', member: 'm_2', page: 'p1' })
  voice = new Voice()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('in the room', () => {
  it('says hello, then joins, and is open when the snapshot is here', async () => {
    const room = await enter()
    expect(FakeSocket.last.sent.map((message) => message.type)).toEqual(['hello', 'join'])
    expect(FakeSocket.last.of('join')[0]).not.toHaveProperty('resume_seq')
    expect(room.link).toBe('open')
    expect(room.other?.member).toBe('m_2')
    expect(room.board.open_page).toBe('p1')
  })

  it('shows own ink before the server has it, and once when it has', async () => {
    const room = await enter()
    const stroke = room.beginStroke('p1', [point(0)], style)!
    room.addPoints(stroke, [point(1), point(2)])
    expect(room.overlay[stroke]?.points).toHaveLength(3)
    expect(room.board.strokes[stroke]).toBeUndefined()
    room.endStroke(stroke)
    server.work(FakeSocket.last)
    expect(room.overlay).toEqual({})
    expect(room.board.strokes[stroke]).toMatchObject({ ended: true })
    expect(room.board.strokes[stroke]?.points).toHaveLength(3)
    expect(room.waiting).toBe(0)
  })

  it('takes refused ink off again and says so', async () => {
    const room = await enter()
    server.forbid.add('stroke_begin')
    const stroke = room.beginStroke('p1', [point(0)], style)!
    server.work(FakeSocket.last)
    expect(room.overlay[stroke]).toBeUndefined()
    expect(room.notice?.code).toBe('forbidden')
    expect(room.waiting).toBe(0)
  })

  it('hides an undone stroke at once and shows it again when the undo is refused', async () => {
    const room = await enter()
    const stroke = room.beginStroke('p1', [point(0)], style)!
    room.endStroke(stroke)
    server.work(FakeSocket.last)
    server.forbid.add('undo_stroke')
    room.undo()
    expect(room.hidden.has(stroke)).toBe(true)
    server.work(FakeSocket.last)
    expect(room.hidden.has(stroke)).toBe(false)
  })
})

describe('when the connection breaks', () => {
  it('own ink the server has done is the board’s after a snapshot, not drawn twice', async () => {
    const room = await enter()
    const stroke = room.beginStroke('p1', [point(0)], style)!
    room.endStroke(stroke)
    // Done, but neither echo nor ack came: the snapshot is all this page learns.
    server.work(FakeSocket.last, false)
    server.join(FakeSocket.last, 'snapshot')
    expect(room.board.strokes[stroke]).toMatchObject({ ended: true })
    expect(room.overlay).toEqual({})
    expect(room.waiting).toBe(0)
  })

  it('resumes from the last event seen and resends only what the server has not done', async () => {
    const room = await enter()
    const seen = room.seq
    const first = room.beginStroke('p1', [point(0)], style)!
    // The server did this, but its answer was lost with the connection.
    server.work(FakeSocket.last, false)
    FakeSocket.last.drop()
    expect(room.link).toBe('lost')
    room.addPoints(first, [point(1)])
    room.endStroke(first)
    const second = room.beginStroke('p1', [point(3)], style)!
    room.endStroke(second)
    room.say('还在吗？')
    expect(room.unsaid).toEqual(['还在吗？'])

    const socket = await reconnect('resumed')
    expect(socket.of('join')[0]).toMatchObject({ resume_seq: seen })
    server.work(socket)
    expect(server.repeats).toBe(0)
    expect(server.gaps).toBe(0)
    expect(strokesOf(server.board)).toEqual([
      [2, true],
      [1, true],
    ])
    expect(room.board).toEqual(server.board)
    expect(room.overlay).toEqual({})
    expect(room.chat.map((line) => line.text)).toEqual(['还在吗？'])
    expect([room.waiting, room.unsaid]).toEqual([0, []])
  })

  it('neither loses nor doubles what was under way when it broke', async () => {
    const room = await enter()
    const did = room.beginStroke('p1', [point(0)], style)!
    room.say('done, its answer lost')
    server.work(FakeSocket.last, false)
    room.endStroke(did)
    room.say('lost on the way')
    FakeSocket.last.drop()
    room.say('asked for while offline')

    server.work(await reconnect('resumed'))
    expect(room.chat.map((line) => line.text)).toEqual([
      'done, its answer lost',
      'lost on the way',
      'asked for while offline',
    ])
    expect(server.begun).toEqual([did])
    expect(room.board.strokes[did]?.ended).toBe(true)
    expect(room.waiting).toBe(0)
  })

  it('loses nothing drawn offline when only a snapshot can be had', async () => {
    const room = await enter()
    FakeSocket.last.drop()
    const stroke = room.beginStroke('p1', [point(0)], style)!
    for (let n = 1; n <= 300; n += 1) room.addPoints(stroke, [point(n)])
    room.endStroke(stroke)
    expect(room.overlay[stroke]?.points).toHaveLength(301)
    const socket = await reconnect('snapshot')
    expect(room.overlay[stroke]?.points).toHaveLength(301)
    server.work(socket)
    expect(server.board.strokes[stroke]?.points).toEqual(room.board.strokes[stroke]?.points)
    expect(room.board.strokes[stroke]?.points).toHaveLength(301)
    expect(room.overlay).toEqual({})
    // Joined to few messages, as the points of one stroke follow each other.
    expect(socket.of('stroke_points').length).toBeLessThan(3)
  })

  it('asks the voice to restart when it is back', async () => {
    await enter()
    FakeSocket.last.drop()
    await reconnect('resumed')
    expect(voice.resumed).toBe(1)
  })

  it('has no more under way than the window, and goes on with every ack', async () => {
    const room = await enter()
    FakeSocket.last.drop()
    for (let n = 0; n < WINDOW + 50; n += 1) room.say(`line ${n}`)
    const socket = await reconnect('resumed')
    expect(socket.of('say')).toHaveLength(WINDOW)
    server.work(socket)
    expect(socket.of('say')).toHaveLength(WINDOW + 50)
    server.work(socket)
    expect(room.chat).toHaveLength(WINDOW + 50)
    expect(server.repeats + server.gaps).toBe(0)
  })

  it('is bounded: when too much waits it takes no new stroke, and what waits still arrives', async () => {
    const room = await enter()
    FakeSocket.last.drop()
    const stroke = room.beginStroke('p1', [point(0)], style)!
    const many = Array.from({ length: 400 }, (_, n) => point(n + 1))
    for (let n = 0; n < MAX_WAITING_POINTS / 400; n += 1) room.addPoints(stroke, many)
    room.endStroke(stroke)
    expect(room.full).toBe(true)
    expect(room.beginStroke('p1', [point(0)], style)).toBeNull()
    const socket = await reconnect('resumed')
    server.work(socket)
    expect(room.full).toBe(false)
    expect(room.board.strokes[stroke]?.points).toHaveLength(MAX_WAITING_POINTS + 1)
  })

  it('a hole in the events is not papered over: it comes back with a snapshot', async () => {
    const room = await enter()
    server.event({ type: 'said', member: 'm_2', text: 'lost' })
    const later = server.event({ type: 'said', member: 'm_2', text: 'seen' })
    FakeSocket.last.say(later as never)
    await settle()
    expect(room.link).toBe('lost')
    const socket = FakeSocket.last
    socket.welcome()
    expect(socket.of('join')[0]).not.toHaveProperty('resume_seq')
  })

  it('keeps unsent ink over a reload of the page', async () => {
    const room = await enter()
    FakeSocket.last.drop()
    const stroke = room.beginStroke('p1', [point(0), point(1)], style)!
    room.endStroke(stroke)
    window.dispatchEvent(new Event('pagehide'))

    const again = await enter()
    expect(again.overlay[stroke]?.points).toHaveLength(2)
    server.work(FakeSocket.last)
    expect(strokesOf(server.board)).toEqual([[2, true]])
    expect(again.overlay).toEqual({})
  })

  it('does not come back to a session that is over, and says why it ended', async () => {
    const room = await enter()
    FakeSocket.last.say(
      server.event({ type: 'session_ended', reason: 'time_limit', member: null }) as never,
    )
    const sockets = FakeSocket.all.length
    await vi.advanceTimersByTimeAsync(60_000)
    expect(FakeSocket.all).toHaveLength(sockets)
    expect(room.ended).toEqual({ reason: 'time_limit', member: null })
    expect(room.link).toBe('closed')
    expect(voice.closed).toBe(true)
  })

  it('learns from a refused return that the session is over', async () => {
    const room = await enter()
    FakeSocket.last.drop()
    await vi.advanceTimersByTimeAsync(6_000)
    FakeSocket.last.welcome()
    FakeSocket.last.drop('session_ended')
    expect(room.ended).not.toBeNull()
    expect(room.link).toBe('closed')
  })
})
