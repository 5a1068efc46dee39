// Calls as the description has them: what is sent, and (by the type check) what cannot be written at all.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { address, call, type Answer } from '@/net/described'
import type { PastSessionRow } from '@/net/types'

const answered = (value: unknown) => {
  const fetched = vi.fn(async () => new Response(JSON.stringify(value)))
  vi.stubGlobal('fetch', fetched)
  return fetched
}
afterEach(() => vi.unstubAllGlobals())

describe('a call', () => {
  it('fills the holes of its address and cannot leave it by what stands in them', () => {
    expect(
      address('/api/sessions/{session}/photos/{photo}', { session: 's1', photo: 'a/b?c' }),
    ).toBe('/api/sessions/s1/photos/a%2Fb%3Fc')
  })

  it('sends what it was given, without the query’s empty ones', async () => {
    const fetched = answered({ recordings: [], total: 0 })
    await call('get', '/api/recordings', { query: { student: '林', teacher: '', page: 2 } })
    expect(fetched).toHaveBeenCalledWith(
      `/api/recordings?student=${encodeURIComponent('林')}&page=2`,
      expect.objectContaining({ method: 'GET' }),
    )
    await call('post', '/api/sign-in', { json: { login: 'a', password: 'b', remember: true } })
    expect(fetched).toHaveBeenLastCalledWith(
      '/api/sign-in',
      expect.objectContaining({
        method: 'POST',
        body: '{"login":"a","password":"b","remember":true}',
      }),
    )
  })
})

/** Never called: each line is one that the type check must not let pass. */
export function refused(row: PastSessionRow, answer: Answer<'get', '/api/pens'>) {
  // @ts-expect-error no such address
  void call('get', '/api/nowhere')
  // @ts-expect-error not by this method
  void call('post', '/api/pens')
  // @ts-expect-error the pen is not said
  void call('delete', '/api/pens/{pen}')
  // @ts-expect-error another name
  void call('delete', '/api/pens/{pen}', { path: { id: 'p' } })
  // @ts-expect-error the body lacks the password
  void call('post', '/api/sign-in', { json: { login: 'a' } })
  // @ts-expect-error the query has no such word
  void call('get', '/api/recordings', { query: { colour: 'red' } })
  // @ts-expect-error the row has no such field
  void row.weather
  // @ts-expect-error nor the answer
  void answer.pencils
}
