// The socket that comes back: silence, backoff, expired tokens, and knowing when to stay away.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/net/http'
import { InkSocket } from '@/net/socket'
import { decodeLobby } from '@/wire/codec'
import type { LobbyFromServer } from '@/wire/messages'
import { FakeSocket } from '../fakes/socket'

let states: string[]
let tokens: boolean[]
let token: (fresh: boolean) => Promise<string>

function open() {
  return new InkSocket<LobbyFromServer>({
    url: '/ws/lobby',
    decode: decodeLobby,
    token: (fresh) => {
      tokens.push(fresh)
      return token(fresh)
    },
    onState: (state, reason) => states.push(reason ? `${state} ${reason}` : state),
    onMessage: () => {},
    onWelcome: () => {},
    create: FakeSocket.create,
  })
}

beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.all = []
  states = []
  tokens = []
  token = () => Promise.resolve('t')
})
afterEach(() => vi.useRealTimers())

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('the socket', () => {
  it('says hello with the token in the message and not in the address', async () => {
    const socket = open()
    await wait(0)
    expect(FakeSocket.last.url).toMatch(/^ws:.*\/ws\/lobby$/)
    FakeSocket.last.welcome()
    expect(FakeSocket.last.sent[0]).toMatchObject({ type: 'hello', versions: [1], token: 't' })
    expect(states).toEqual(['open'])
    socket.close()
  })

  it('stays while pongs come and comes back within seconds when they stop', async () => {
    const socket = open()
    await wait(0)
    const first = FakeSocket.last
    first.welcome()
    for (let n = 0; n < 6; n += 1) {
      await wait(5_000)
      first.say({ type: 'pong', sent_ms: 1 })
    }
    expect(first.of('ping')).toHaveLength(6)
    expect(states).toEqual(['open'])
    await wait(20_000)
    expect(states[1]).toBe('lost')
    expect(FakeSocket.all.length).toBeGreaterThan(1)
    socket.close()
  })

  it('waits a little longer after each failure, five seconds at most, for ever', async () => {
    const socket = open()
    await wait(0)
    const gaps: number[] = []
    for (let n = 0; n < 12; n += 1) {
      const before = FakeSocket.all.length
      FakeSocket.last.drop()
      let waited = 0
      while (FakeSocket.all.length === before && waited < 10_000) {
        await wait(50)
        waited += 50
      }
      gaps.push(waited)
    }
    expect(gaps[0]).toBeLessThanOrEqual(550)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5_050)
    expect(Math.min(...gaps.slice(6))).toBeGreaterThanOrEqual(2_450)
    socket.close()
  })

  it('tries at once when the network is back', async () => {
    const socket = open()
    await wait(0)
    for (let n = 0; n < 6; n += 1) {
      FakeSocket.last.drop()
      await wait(5_000)
    }
    FakeSocket.last.drop()
    const before = FakeSocket.all.length
    window.dispatchEvent(new Event('online'))
    await wait(0)
    expect(FakeSocket.all).toHaveLength(before + 1)
    socket.close()
  })

  it('finds out within seconds of a network change that the socket is dead', async () => {
    const socket = open()
    await wait(0)
    FakeSocket.last.welcome()
    await wait(100)
    window.dispatchEvent(new Event('offline'))
    await wait(2_600)
    expect(states).toEqual(['open', 'lost'])
    socket.close()
  })

  it('an expired token is exchanged for a fresh one', async () => {
    const socket = open()
    await wait(0)
    FakeSocket.last.open()
    FakeSocket.last.say({ type: 'refused', code: 'token_expired', text: '', n: null })
    FakeSocket.last.drop('token_expired')
    await wait(1_000)
    expect(tokens).toEqual([false, true])
    expect(FakeSocket.all).toHaveLength(2)
    socket.close()
  })

  it('keeps trying while the token cannot be had, and stops when it is refused', async () => {
    token = () => Promise.reject(new ApiError('offline', '', 0))
    const socket = open()
    await wait(20_000)
    expect(tokens.length).toBeGreaterThan(3)
    token = () => Promise.reject(new ApiError('token_revoked', '', 401))
    await wait(10_000)
    expect(states.at(-1)).toBe('closed token_invalid')
    const asked = tokens.length
    await wait(60_000)
    expect(tokens).toHaveLength(asked)
    socket.close()
  })

  it.each(['replaced', 'forbidden', 'session_ended', 'version', 'grant_invalid'])(
    'does not come back after %s',
    async (reason) => {
      open()
      await wait(0)
      FakeSocket.last.welcome()
      FakeSocket.last.drop(reason)
      await wait(60_000)
      expect(FakeSocket.all).toHaveLength(1)
      expect(states.at(-1)).toBe(`closed ${reason}`)
    },
  )

  it('starts over after a message it cannot read', async () => {
    const socket = open()
    await wait(0)
    FakeSocket.last.welcome()
    const quiet = vi.spyOn(console, 'error').mockImplementation(() => {})
    FakeSocket.last.say({ type: 'nonsense' })
    await wait(1_000)
    expect(states).toEqual(['open', 'lost'])
    expect(FakeSocket.all).toHaveLength(2)
    expect(quiet).toHaveBeenCalled()
    quiet.mockRestore()
    socket.close()
  })
})
