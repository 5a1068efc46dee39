// The rating after a session: it always says that it is over, and why as soon as anybody knows.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '@/features/sessions/api'
import RatingPage from '@/features/sessions/RatingPage.vue'
import { ApiError } from '@/net/http'
import { useLobby } from '@/net/lobby'
import { FakeSocket } from '../../fakes/socket'
import { visit, type Visit } from '../../fakes/visit'

vi.mock('@/net/auth', () => import('../../fakes/auth'))
vi.mock('@/net/lobby', () => import('../../fakes/lobby'))

let page: Visit

beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.all = []
  vi.spyOn(api, 'vocabulary').mockRejectedValue(new ApiError('offline', '', 0))
  vi.spyOn(api, 'mySessions').mockRejectedValue(new ApiError('offline', '', 0))
  useLobby().start()
})
afterEach(() => {
  useLobby().stop()
  page.leave()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const told = () => page.get('end-reason').dataset.reason

describe('why it ended', () => {
  it('is what the room said', async () => {
    page = await visit(RatingPage, '/rating/:session', '/rating/s_1?reason=grace_over')
    expect(told()).toBe('grace_over')
  })

  it.each(['', '?reason=unknown', '?reason=nonsense'])(
    'is that it ended, while nobody has said why: %s',
    async (query) => {
      page = await visit(RatingPage, '/rating/:session', `/rating/s_1${query}`)
      expect(told()).toBe('unknown')
      expect(page.text()).toContain('这次辅导已经结束。')
    },
  )

  it('is what the lobby says, when it comes later than the page', async () => {
    page = await visit(RatingPage, '/rating/:session', '/rating/s_1?reason=unknown')
    FakeSocket.last.welcome()
    const due = { session: 's_1', other: 'x', subject: 'maths', started_ms: 1, ended_ms: 2 }
    FakeSocket.last.say({ type: 'forms_due', forms: [{ ...due, reason: 'server_lost' }] })
    await page.settled()
    expect(told()).toBe('server_lost')
    expect(page.text()).toContain('服务器出了故障')
  })
})
