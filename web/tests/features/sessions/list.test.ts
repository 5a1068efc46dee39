// The sessions a teacher gave: today's and the earlier ones, their forms, and what came since.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import SessionsList from '@/features/sessions/SessionsList.vue'
import { open, type Page } from '../../fakes/page'
import { serve } from '../../fakes/server'
import { speak } from '../../fakes/visit'

vi.mock('@/net/auth', () => import('../../fakes/auth'))

const NOON = new Date(2026, 2, 1, 12).getTime()
const HOUR = 3_600_000

function row(session: string, more: Record<string, unknown> = {}) {
  return {
    ...{ session, other: `学生${session}`, subject: 'maths', started_ms: NOON - HOUR },
    ...{ seconds: 1500, reason: 'hung_up', rating: 11, form_due: false, ...more },
  }
}

let page: Page
let rows: unknown[] | 'down'
let asked: string[]

async function show() {
  asked = serve(() => (rows === 'down' ? 'down' : { status: 200, body: { sessions: rows } }))
  page = open(SessionsList, { forms: [] }, ['fill'])
  for (let turn = 0; turn < 4; turn += 1) await page.settled()
}
const heads = () => [...document.querySelectorAll('h3')].map((one) => one.textContent)

beforeEach(() => {
  vi.useFakeTimers({ now: NOON, toFake: ['Date'] })
  speak('en')
})
afterEach(() => {
  page.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  speak('zh-CN')
})

describe('the list', () => {
  it('has today apart, with how many and how long in all', async () => {
    rows = [row('s_3'), row('s_2', { seconds: 900 }), row('s_1', { started_ms: NOON - 24 * HOUR })]
    await show()
    expect(heads()).toEqual(['Today', 'Earlier'])
    expect(page.text()).toContain('2 sessions today, 40 min in all')
    expect(page.get('session-s_1').textContent).toMatch(/2\/28\/2026/)
    expect(page.get('session-s_3').textContent).toContain('11:00 AM')
  })

  it('of yesterday alone claims nothing of today', async () => {
    rows = [row('s_1', { started_ms: NOON - 13 * HOUR })]
    await show()
    expect(heads()).toEqual(['Earlier'])
    expect(page.text()).not.toContain('in all')
  })

  it.each([
    [{ rating: 0 }, 'Rated 0/12'],
    [{ rating: null }, 'Not rated'],
    [{ seconds: 59 }, '59 s'],
    [{ reason: 'server_lost' }, 'Server failure'],
    [{ reason: 'of_tomorrow' }, 'of_tomorrow'],
  ])('tells %j as %s', async (more, words) => {
    rows = [row('s_1', more)]
    await show()
    expect(page.get('session-s_1').textContent).toContain(words)
  })
})

it('a form that is due is filled in from here, with what is known of its session', async () => {
  rows = [row('s_2', { form_due: true, reason: 'drained' }), row('s_1')]
  await show()
  const buttons = document.querySelectorAll<HTMLElement>('li button')
  expect(buttons).toHaveLength(1)
  buttons[0]!.click()
  const due = { session: 's_2', other: '学生s_2', subject: 'maths', reason: 'drained' }
  expect(page.events.fill).toEqual([[{ ...due, startedMs: NOON - HOUR }]])
})

it('a session that has just ended is looked up when its form is owed', async () => {
  rows = []
  await show()
  expect(page.text()).toContain('No sessions yet')
  rows = [row('s_9')]
  page.props.forms = [{ session: 's_9' }]
  for (let turn = 0; turn < 4; turn += 1) await page.settled()
  expect(asked).toHaveLength(2)
  expect(page.get('session-s_9')).toBeTruthy()
})

it('that cannot be had is asked for again', async () => {
  rows = 'down'
  await show()
  expect(page.text()).toContain('could not be loaded')
  rows = [row('s_1')]
  page.get('sessions-retry').click()
  for (let turn = 0; turn < 4; turn += 1) await page.settled()
  expect(page.get('session-s_1')).toBeTruthy()
})
