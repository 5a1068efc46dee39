// After a session, the student's side: why it ended, four marks, and what is sent of them.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import RatingPage from '@/features/sessions/RatingPage.vue'
import { useLobby } from '@/net/lobby'
import { serve, type Answer } from '../../fakes/server'
import { FakeSocket } from '../../fakes/socket'
import { speak, visit, type Visit } from '../../fakes/visit'

vi.mock('@/net/auth', () => import('../../fakes/auth'))
vi.mock('@/net/lobby', () => import('../../fakes/lobby'))

const LABELS = ['patient', 'humorous', 'rigorous', 'lively', 'encouraging', 'concise']
const ROW = {
  session: 's_1',
  other: '陈静怡',
  subject: 'maths',
  started_ms: 1,
  seconds: 600,
  reason: 'hung_up',
  rating: null as number | null,
  form_due: true,
}
const ITEMS = ['understood', 'clear', 'patient', 'useful'] as const

let page: Visit
let sent: unknown[]
let answer: () => Answer | 'down'

async function open({ rows = [ROW] as unknown[] | 'down', query = '' } = {}) {
  serve((method, path, json) => {
    if (method === 'POST' && path === '/api/sessions/s_1/rating') {
      sent.push(json)
      return answer()
    }
    if (rows === 'down') return 'down'
    if (path === '/api/vocabulary') return { status: 200, body: { style_labels: LABELS } }
    if (path.startsWith('/api/sessions/mine')) return { status: 200, body: { sessions: rows } }
    return { status: 404 }
  })
  page = await visit(RatingPage, '/student/rating/:session', `/student/rating/s_1${query}`)
}

async function owe(reason = 'hung_up') {
  useLobby().start()
  await page?.settled()
  await Promise.resolve()
  FakeSocket.last.welcome()
  const form = { session: 's_1', other: '王老师', subject: 'physics', started_ms: 1, ended_ms: 2 }
  FakeSocket.last.say({ type: 'forms_due', forms: [{ ...form, reason }] })
}

async function mark(marks: Partial<Record<(typeof ITEMS)[number], number>>) {
  for (const [item, level] of Object.entries(marks)) await page.press(`mark-${item}-${level}`)
}
async function send() {
  page.get('rating-form').dispatchEvent(new Event('submit', { cancelable: true }))
  await page.settled()
}
const failure = (status: number, code: string): Answer => ({ status, body: { error: { code } } })

beforeEach(() => {
  FakeSocket.all = []
  sent = []
  answer = () => ({ status: 204 })
  speak('en')
})
afterEach(() => {
  page.leave()
  useLobby().stop()
  vi.unstubAllGlobals()
  speak('zh-CN')
})

describe('whom and why', () => {
  it('asks for nothing after a short session, and takes what is given', async () => {
    await open({ rows: [{ ...ROW, seconds: 2, form_due: false }] })
    expect(page.get('rating-intro').textContent).toContain('no rating is asked for')
    await mark({ understood: 3, clear: 3, patient: 3, useful: 3 })
    await send()
    expect(sent).toHaveLength(1)
  })

  it('names the teacher and the subject of the session of the address', async () => {
    await open({ rows: [{ ...ROW, session: 's_0', other: '别人' }, ROW] })
    expect(page.text()).toContain('陈静怡 · Maths')
    expect(page.text()).not.toContain('别人')
  })

  it('takes what the lobby says is owed before the list', async () => {
    await open()
    await owe()
    await page.settled()
    expect(page.text()).toContain('王老师 · Physics')
  })

  it.each([
    ['the address first', '?reason=time_limit', 'time_limit', '30 minutes are over'],
    ['the session when the address does not know', '?reason=unknown', 'hung_up', 'has ended'],
    ['the session without an address’s word', '', 'hung_up', 'has ended'],
    ['nothing typed into the address', '?reason=%3Cb%3E', 'unknown', 'has ended'],
  ])('the reason is that of %s', async (_, query, reason, words) => {
    await open({ query })
    expect(page.get('end-reason').dataset.reason).toBe(reason)
    expect(page.get('end-reason').textContent).toContain(words)
  })

  it.each(['server_lost', 'recorder_failed'])('apologises for %s', async (reason) => {
    await open({ query: `?reason=${reason}` })
    expect(page.get('end-reason').textContent).toContain('Sorry')
  })

  it('says that it is over where nobody has said why, and why once the lobby does', async () => {
    await open({ rows: [], query: '?reason=unknown' })
    expect(page.get('end-reason').dataset.reason).toBe('unknown')
    expect(page.sees('rating-form')).toBe(true)
    await owe('server_lost')
    await page.settled()
    expect(page.get('end-reason').dataset.reason).toBe('server_lost')
    expect(page.get('end-reason').textContent).toContain('Sorry')
  })

  it('can be filled in although the list cannot be had', async () => {
    await open({ rows: 'down' })
    await mark({ understood: 1, clear: 1, patient: 1, useful: 1 })
    await send()
    expect(sent).toHaveLength(1)
  })
})

describe('the marks', () => {
  it('add up to twelve once all are given', async () => {
    await open()
    const said = () => page.get('rating-total').textContent
    expect(said()).toContain('rate every item')
    await mark({ understood: 3, clear: 2, patient: 0 })
    expect(said()).toContain('rate every item')
    await mark({ useful: 3 })
    expect(said()).toContain('8 of 12')
    await mark({ patient: 3 })
    expect(said()).toContain('11 of 12')
  })

  it('are all asked for: nothing is sent, and the keyboard goes to the first that misses', async () => {
    await open()
    await mark({ understood: 2, patient: 2 })
    await send()
    expect(sent).toEqual([])
    expect(page.get('rating-total').textContent).toContain('not rated yet')
    expect((document.activeElement as HTMLInputElement).name).toBe('clear')
  })

  it('five words about the teacher at most, and one taken back makes room', async () => {
    await open()
    for (const label of LABELS.slice(0, 5)) await page.press(`label-${label}`)
    const sixth = page.get('label-concise') as HTMLButtonElement
    expect(sixth.disabled).toBe(true)
    await page.press('label-humorous')
    expect(page.get('label-humorous').getAttribute('aria-pressed')).toBe('false')
    await page.press('label-concise')
    expect(page.get('label-concise').getAttribute('aria-pressed')).toBe('true')
  })

  it('a long comment counts down near its end', async () => {
    await open()
    await page.type('rating-comment', 'x'.repeat(400))
    expect(page.text()).not.toContain('characters left')
    await page.type('rating-comment', 'x'.repeat(450))
    expect(page.text()).toContain('50 characters left')
  })
})

describe('sending', () => {
  const whole = async () => mark({ understood: 3, clear: 2, patient: 1, useful: 0 })

  it('sends marks, words and comment once; then it is no longer owed', async () => {
    await open()
    await owe()
    await whole()
    await page.press('label-patient')
    await page.press('label-lively')
    await page.type('rating-comment', '  谢谢老师！ ')
    await send()
    const marks = { understood: 3, clear: 2, patient: 1, useful: 0 }
    expect(sent).toEqual([{ ...marks, labels: ['patient', 'lively'], comment: '谢谢老师！' }])
    expect(page.get('rating-thanks').textContent).toContain('You gave 6 of 12')
    expect(useLobby().forms).toEqual([])
    await page.press('rating-home')
    expect(page.where()).toBe('/student')
  })

  it('cannot be sent a second time while the first is under way', async () => {
    await open()
    await whole()
    page.get('rating-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await Promise.resolve()
    await Promise.resolve()
    expect((page.get('rating-send') as HTMLButtonElement).disabled).toBe(true)
    await page.settled()
    expect(sent).toHaveLength(1)
  })

  it.each([
    ['the network', 'down' as const, 'Check your network'],
    ['the server', failure(500, 'internal'), '(internal)'],
    ['too much haste', failure(429, 'too_many_attempts'), 'Too many attempts'],
  ])('failing for %s, it keeps what was written and can be tried again', async (_, how, words) => {
    await open()
    await whole()
    await page.type('rating-comment', '很好')
    answer = () => how
    await send()
    expect(page.text()).toContain('The rating was not sent')
    expect(page.text()).toContain(words)
    expect((page.get('rating-comment') as HTMLTextAreaElement).value).toBe('很好')
    answer = () => ({ status: 204 })
    await send()
    expect(page.sees('rating-thanks')).toBe(true)
    expect(sent[1]).toEqual(sent[0])
  })

  it.each([
    [409, 'already_given', 'rated already', 0],
    [404, 'unknown_session', 'No such session', 1],
  ])('refused with %i %s, it says so and asks no more', async (status, code, words, owed) => {
    await open()
    await owe()
    await whole()
    answer = () => failure(status, code)
    await send()
    expect(page.text()).toContain(words)
    expect(page.sees('rating-form')).toBe(false)
    expect(useLobby().forms).toHaveLength(owed)
  })

  it('a session rated already shows no form', async () => {
    await open({ rows: [{ ...ROW, rating: 9, form_due: false }] })
    expect(page.sees('rating-form')).toBe(false)
    expect(page.text()).toContain('rated already')
    await page.press(page.named('Home'))
    expect(page.where()).toBe('/student')
  })

  it('can be left for later', async () => {
    await open()
    await page.press('rating-later')
    expect(page.where()).toBe('/student')
    expect(sent).toEqual([])
  })
})
