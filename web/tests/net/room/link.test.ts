// The room's link: joins, holds operations until it is let in, resumes, leaves pointers out.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RoomLink } from '@/net/room/link'
import { FakeSocket } from '../../fakes/socket'

const said = (text: string) => ({ type: 'say' as const, text })
let seq: number | null
let link: RoomLink
const states: string[] = []
const queued: [number, boolean][] = []

beforeEach(async () => {
  vi.useFakeTimers()
  FakeSocket.all = []
  states.length = queued.length = 0
  seq = null
  link = new RoomLink({
    url: '/ws/room',
    token: () => Promise.resolve('t'),
    source: 'web',
    grant: 'g1',
    operations: [],
    resumeFrom: () => seq,
    onMessage: () => undefined,
    onState: (state) => states.push(state),
    onQueue: (...now) => queued.push(now),
    create: FakeSocket.create,
  })
  await vi.advanceTimersByTimeAsync(0)
})
afterEach(() => {
  link.close()
  vi.useRealTimers()
})

async function again(): Promise<FakeSocket> {
  link.reconnect()
  await vi.advanceTimersByTimeAsync(10)
  FakeSocket.last.welcome()
  return FakeSocket.last
}

describe('RoomLink', () => {
  it('joins with the grant, and resumes with the newest grant and the last event', async () => {
    FakeSocket.last.welcome()
    expect(FakeSocket.last.of('join')).toEqual([{ type: 'join', grant: 'g1', source: 'web' }])
    link.setGrant('g2')
    seq = 7
    const socket = await again()
    expect(socket.of('join')[0]).toMatchObject({ grant: 'g2', resume_seq: 7 })
    expect(states).toEqual(['lost'])
  })

  it('sends operations once it is let in, and what is unconfirmed again after a loss', async () => {
    const first = FakeSocket.last
    first.welcome()
    link.operate(said('one'))
    link.operate(said('two'))
    expect(first.of('say')).toEqual([])
    link.enter(0)
    expect(first.of('say').map((message) => message.n)).toEqual([1, 2])
    link.acknowledged(1)
    const second = await again()
    expect(second.of('say')).toEqual([])
    link.enter(1)
    expect(second.of('say').map((message) => message.text)).toEqual(['two'])
    link.acknowledged(2)
    expect(queued.at(-1)).toEqual([0, false])
  })

  it('leaves a pointer out while the network is slow or nobody is let in', () => {
    const point = { type: 'point_at' as const, page: 'p', x: 1, y: 1, visible: true }
    FakeSocket.last.welcome()
    link.sendLatest(point)
    link.enter(0)
    FakeSocket.last.bufferedAmount = 5000
    link.sendLatest(point)
    expect(FakeSocket.last.of('point_at')).toEqual([])
    FakeSocket.last.bufferedAmount = 0
    link.sendLatest(point)
    expect(FakeSocket.last.of('point_at')).toHaveLength(1)
  })
})
