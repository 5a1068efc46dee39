// The student's past sessions: when, with whom, how long, and what is still to be rated.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import HistoryPage from '@/features/sessions/HistoryPage.vue'
import { serve, type Answer } from '../../fakes/server'
import { speak, visit, type Visit } from '../../fakes/visit'

vi.mock('@/net/auth', () => import('../../fakes/auth'))
vi.mock('@/net/lobby', () => import('../../fakes/lobby'))

function row(session: string, more: Record<string, unknown> = {}) {
  const when = { started_ms: new Date(2026, 2, 1, 19, 5).getTime(), seconds: 1500 }
  const how = { reason: 'hung_up', rating: 11, form_due: false }
  return { session, other: '陈静怡', subject: 'maths', ...when, ...how, ...more }
}

let page: Visit
let answers: (Answer | 'down')[]
let asked: string[]

async function open(...given: (unknown[] | Answer | 'down')[]) {
  answers = given.map((one) =>
    Array.isArray(one) ? { status: 200, body: { sessions: one } } : (one as Answer | 'down'),
  )
  asked = serve(() => answers.shift()!)
  page = await visit(HistoryPage, '/history')
}
const rows = () =>
  [...document.querySelectorAll('[data-testid=history-row]')].map((one) =>
    one.textContent!.replace(/\s+/g, ' ').trim(),
  )

beforeEach(() => speak('en'))
afterEach(() => {
  page.leave()
  vi.unstubAllGlobals()
  speak('zh-CN')
})

it('is called so in the tab', async () => {
  await open([])
  expect(document.title).toBe('My sessions · Inkcall')
})

describe('the list', () => {
  it('says with whom, about what, when, how long and what was given', async () => {
    await open([row('s_1')])
    expect(asked).toEqual(['GET /api/sessions/mine?limit=100'])
    for (const words of ['陈静怡', 'Maths', '07:05 PM', '25 min', 'You gave 11']) {
      expect(rows()[0]).toContain(words)
    }
  })

  it('keeps the order of the server, newest first', async () => {
    await open([row('s_2', { other: '新' }), row('s_1', { other: '旧' })])
    expect(rows().map((one) => /[新旧]/.exec(one)![0])).toEqual(['新', '旧'])
  })

  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [89, '1 min'],
    [90, '2 min'],
    [1800, '30 min'],
  ])('%i seconds are %s', async (seconds, words) => {
    await open([row('s_1', { seconds })])
    expect(rows()[0]).toContain(words)
  })

  it.each([
    ['hung_up', null],
    ['server_lost', 'Server failure'],
    ['grace_over', 'Connection lost too long'],
    ['a_reason_of_tomorrow', 'Over'],
  ])('an end for %s is told as %s', async (reason, words) => {
    await open([row('s_1', { reason })])
    if (words) expect(rows()[0]).toContain(words)
    else expect(rows()[0]).not.toContain('Ended normally')
  })

  it('offers the rating of what is still to be rated, and nothing of what never was', async () => {
    await open([
      row('s_3', { form_due: true, rating: null }),
      row('s_2', { rating: null }),
      row('s_1', { rating: 0 }),
    ])
    expect(document.querySelectorAll('[data-testid=history-rate]')).toHaveLength(1)
    expect(rows()[1]).not.toContain('You gave')
    expect(rows()[2]).toContain('You gave 0')
    await page.press('history-rate')
    expect(page.where()).toBe('/student/rating/s_3')
  })
})

describe('without a list', () => {
  it('says that it loads, then that there are none and where to find a teacher', async () => {
    let arrive = (_: Response) => {}
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (arrive = resolve)))
    page = await visit(HistoryPage, '/history')
    expect(page.text()).toContain('Loading')
    arrive(new Response('{"sessions":[]}'))
    await page.settled()
    expect(page.text()).not.toContain('Loading')
    expect(page.text()).toContain('No sessions yet')
    await page.press(page.named('Find a teacher'))
    expect(page.where()).toBe('/student')
  })

  it.each([
    ['down' as const, 'Check your network'],
    [{ status: 500, body: { error: { code: 'internal' } } }, '(internal)'],
    [{ status: 200 }, '(bad_answer)'],
  ])('%j is said, and tried again when asked', async (how, words) => {
    await open(how, [row('s_1')])
    expect(page.text()).toContain('could not be loaded')
    expect(page.text()).toContain(words)
    await page.press(page.named('Try again'))
    expect(rows()).toHaveLength(1)
    expect(page.text()).not.toContain('could not be loaded')
  })

  it('leads back home', async () => {
    await open([])
    await page.press(page.named('Back'))
    expect(page.where()).toBe('/student')
  })
})
