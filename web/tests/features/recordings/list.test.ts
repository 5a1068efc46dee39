// The auditor's list: what is asked for, how each recording is shown, pages, and the way to a replay.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import AuditorPage from '@/features/recordings/AuditorPage.vue'
import { useRoomBrowser } from '../../fakes/room'
import { serve } from '../../fakes/server'
import { speak, visit, type Visit } from '../../fakes/visit'

vi.mock('@/net/auth', () => import('../../fakes/auth'))

function row(session: string, more: Record<string, unknown> = {}) {
  return {
    ...{ session, student: { id: 'p_1', name: '林小雨' }, teacher: { id: 't_1', name: '陈静怡' } },
    ...{ subject: 'maths', started_ms: new Date(2026, 2, 1, 18, 5).getTime(), seconds: 1805 },
    ...{ reason: 'hung_up', rating: 11, sealed: true, damaged: false, bytes: 2048, ...more },
  }
}

let page: Visit
let asked: string[]
let rows: unknown[] | 'down'
let total: number

async function open(at = '/auditor') {
  asked = serve(() =>
    rows === 'down' ? 'down' : { status: 200, body: { recordings: rows, total } },
  )
  page = await visit(AuditorPage, '/auditor', at)
}
const lastAsked = () => new URLSearchParams(asked.at(-1)!.split('?')[1])
async function search() {
  page.get('filters').dispatchEvent(new Event('submit', { cancelable: true }))
  await page.settled()
}

beforeEach(() => {
  useRoomBrowser(true)
  rows = [row('s_1')]
  total = 1
  speak('en')
})
afterEach(() => {
  page.leave()
  vi.unstubAllGlobals()
  speak('zh-CN')
})

describe('a recording', () => {
  it('has who, when, how long, how it ended, how it was rated and its size', async () => {
    await open()
    const text = page.get('recording-s_1').textContent!
    for (const words of ['林小雨', '陈静怡', 'Maths', '30:05', 'Ended normally', '11/12', '2 KB']) {
      expect(text).toContain(words)
    }
    await page.press('open-s_1')
    expect(page.where()).toBe('/auditor/recordings/s_1')
  })

  it.each([
    [{}, ['sealed'], true],
    [{ sealed: false }, ['unsealed'], true],
    [{ sealed: false, reason: 'running' }, ['running'], true],
    [{ bytes: 0, sealed: false }, ['no-recording'], false],
    [{ damaged: true }, ['damaged', 'sealed'], true],
    [{ damaged: true, sealed: false }, ['damaged', 'unsealed'], true],
  ])('%j is marked %j', async (more, marks, opens) => {
    rows = [row('s_1', more)]
    await open()
    const all = ['damaged', 'no-recording', 'running', 'sealed', 'unsealed']
    expect(all.filter((mark) => page.sees(mark))).toEqual(marks)
    expect(page.sees('open-s_1')).toBe(opens)
  })

  it('of people without a name shows their ids; unrated is not zero', async () => {
    rows = [
      row('s_1', { student: { id: 'p_9', name: '' }, rating: null }),
      row('s_2', { rating: 0 }),
    ]
    await open()
    expect(page.get('recording-s_1').textContent).toMatch(/p_9.*Not rated/s)
    expect(page.get('recording-s_2').textContent).toContain('0/12')
  })
})

describe('searching', () => {
  it('asks for what the address says, and fills it in', async () => {
    await open('/auditor?student=林&subject=physics&from=2026-03-01&page=2')
    const query = lastAsked()
    expect([query.get('student'), query.get('subject'), query.get('page')]).toEqual([
      '林',
      'physics',
      '2',
    ])
    expect(Number(query.get('from'))).toBe(new Date(2026, 2, 1).getTime())
    expect((page.get('filter-student') as HTMLInputElement).value).toBe('林')
    expect((page.get('filter-from') as HTMLInputElement).value).toBe('2026-03-01')
  })

  it('puts what is searched into the address, from the first page on', async () => {
    await open('/auditor?page=3')
    await page.type('filter-teacher', ' 陈 ')
    await search()
    expect(decodeURIComponent(page.where())).toBe('/auditor?teacher=陈')
    expect([lastAsked().get('teacher'), lastAsked().get('page')]).toEqual(['陈', '1'])
  })

  it('searched again without a change, it looks for what came in since', async () => {
    await open()
    rows = [row('s_2'), row('s_1')]
    await search()
    expect(asked).toHaveLength(2)
    expect(page.sees('recording-s_2')).toBe(true)
  })

  it('reset, it asks for everything', async () => {
    await open('/auditor?student=林')
    await page.press('reset')
    expect(page.where()).toBe('/auditor')
    expect(lastAsked().has('student')).toBe(false)
    expect((page.get('filter-student') as HTMLInputElement).value).toBe('')
  })

  it('goes through many in pages of twenty', async () => {
    total = 45
    await open()
    expect(page.get('total').textContent).toContain('45 in all')
    const third = [...page.get('pages').querySelectorAll('li')].find(
      (one) => one.textContent === '3',
    )
    await page.press(third!)
    expect(page.where()).toBe('/auditor?page=3')
    expect(lastAsked().get('page')).toBe('3')
  })

  it('an answer that comes too late does not replace the newer one', async () => {
    await open()
    const waiting: ((answer: Response) => void)[] = []
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => waiting.push(resolve)))
    for (const name of ['old', 'new']) {
      await page.type('filter-student', name)
      await search()
    }
    const answer = (session: string) => Response.json({ recordings: [row(session)], total: 1 })
    waiting[1]!(answer('s_new'))
    await page.settled()
    waiting[0]!(answer('s_old'))
    await page.settled()
    expect(page.sees('recording-s_new')).toBe(true)
  })
})

describe('without a list', () => {
  it.each([
    ['/auditor', 'No recordings yet'],
    ['/auditor?student=x', 'No recording fits'],
  ])('%s: %s', async (at, words) => {
    rows = []
    await open(at)
    expect(page.get('list-empty').textContent).toContain(words)
  })

  it('that failed is asked for again', async () => {
    rows = 'down'
    await open()
    expect(page.sees('list-error')).toBe(true)
    rows = [row('s_1')]
    await page.press('list-retry')
    expect(page.sees('recording-s_1')).toBe(true)
    expect(page.sees('list-error')).toBe(false)
  })
})
