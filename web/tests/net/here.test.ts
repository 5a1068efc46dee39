// Going back into a call: this device was in it, and no other tab of it is.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { auth } from '@/net/auth'
import { ANSWER_MS, hold, wasHere } from '@/net/here'
import { FakeChannel } from '../fakes/channel'

vi.mock('@/net/auth', () => import('../fakes/auth'))

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  FakeChannel.all = []
  vi.stubGlobal('BroadcastChannel', FakeChannel)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
async function was(session: string): Promise<boolean> {
  const answer = wasHere(session)
  await vi.advanceTimersByTimeAsync(ANSWER_MS)
  return answer
}

describe('a session of this device', () => {
  it('was here after its tab was closed', async () => {
    expect(await was('s_1')).toBe(false)
    hold('s_1')
    // The tab is gone without a word.
    FakeChannel.all = []
    expect(await was('s_1')).toBe(true)
    expect(await was('s_2')).toBe(false)
    expect(FakeChannel.all).toEqual([])
  })

  it('is not taken from another tab that is in it', async () => {
    hold('s_1')
    expect(await was('s_1')).toBe(false)
  })

  it('leads nowhere once it is over', async () => {
    hold('s_1')(true)
    expect(await was('s_1')).toBe(false)
  })

  it('taken over by another tab is still that tab’s', async () => {
    const first = hold('s_1')
    hold('s_1')
    first(true)
    await vi.advanceTimersByTimeAsync(0)
    FakeChannel.all = []
    expect(await was('s_1')).toBe(true)
  })

  it('is its person’s, though the other side may sit in the same browser', async () => {
    hold('s_1')
    const student = auth.person.value!
    auth.person.value = { ...student, id: 'p_2' }
    expect(await was('s_1')).toBe(false)
    const theirs = hold('s_1')
    theirs(false)
    expect(await was('s_1')).toBe(true)
    auth.person.value = student
    expect(await was('s_1')).toBe(false)
  })

  it('is found in a browser whose tabs cannot talk', async () => {
    vi.stubGlobal('BroadcastChannel', undefined)
    hold('s_1')
    expect(await was('s_1')).toBe(true)
  })
})
