// The pens of a teacher: which there are, pairing one by its code, removing one.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import PensPanel from '@/features/people/PensPanel.vue'
import { isWholeCode, tidyCode } from '@/features/people/pairing'
import { serve, type Answer } from '../../fakes/server'
import { speak, visit, type Visit } from '../../fakes/visit'

vi.mock('@/net/auth', () => import('../../fakes/auth'))

const pen = (id: string, more = {}) => ({
  ...{ pen: id, model: '点阵笔', paired_ms: new Date(2026, 2, 1, 18, 5).getTime() },
  ...{ connected: false, ...more },
})

let page: Visit
let pens: unknown[] | 'down'
let answer: Answer
let asked: string[]
let sent: unknown[]

async function open() {
  asked = serve((method, _, json) => {
    if (method === 'GET') return pens === 'down' ? 'down' : { status: 200, body: { pens } }
    sent.push(json)
    return answer
  })
  page = await visit(PensPanel, '/teacher')
}
async function pair(code: string) {
  await page.press('pen-pair')
  await page.type('pen-code', code)
  document.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }))
  await page.settled()
}
const changed = () => asked.filter((one) => !one.startsWith('GET'))

beforeEach(() => {
  vi.useFakeTimers({ now: 1_772_000_000_000 })
  pens = []
  sent = []
  answer = { status: 204 }
  speak('en')
})
afterEach(() => {
  page?.leave()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  speak('zh-CN')
})

describe('a code', () => {
  it.each([
    ['abcdefgh', 'ABCD-EFGH'],
    ['ab cd-ef gh', 'ABCD-EFGH'],
    ['ＡＢＣＤ１２３４', 'ABCD-1234'],
    ['abcdefghijk', 'ABCD-EFGH'],
    ['abcd', 'ABCD'],
    ['abcde', 'ABCD-E'],
    ['——', ''],
  ])('typed as %s is %s', (typed, code) => {
    expect(tidyCode(typed)).toBe(code)
    expect(isWholeCode(code)).toBe(code.length === 9)
  })
})

describe('the list', () => {
  it('says which are connected, and follows them', async () => {
    pens = [pen('p-1', { connected: true }), pen('p-2', { model: '' })]
    await open()
    const state = (id: string) =>
      page.get(`pen-${id}`).querySelector<HTMLElement>('[data-connected]')!.dataset.connected
    expect([state('p-1'), state('p-2')]).toEqual(['true', 'false'])
    expect(page.get('pen-p-1').textContent).toContain('点阵笔')
    expect(page.get('pen-p-2').textContent).toContain('p-2')
    pens = [pen('p-1'), pen('p-2', { connected: true })]
    await vi.advanceTimersByTimeAsync(5_000)
    await page.settled()
    expect([state('p-1'), state('p-2')]).toEqual(['false', 'true'])
  })

  it('rests while nobody looks, and after the desk is left', async () => {
    await open()
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(asked).toHaveLength(1)
    hidden.mockRestore()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(asked).toHaveLength(2)
    page.leave()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(asked).toHaveLength(2)
  })

  it('that cannot be had is asked for again; one that is there stays through a bad moment', async () => {
    pens = 'down'
    await open()
    expect(page.text()).toContain('could not be loaded')
    pens = [pen('p-1')]
    await page.press(page.named('Try again'))
    expect(page.sees('pen-p-1')).toBe(true)
    pens = 'down'
    await vi.advanceTimersByTimeAsync(5_000)
    await page.settled()
    expect(page.sees('pen-p-1')).toBe(true)
    expect(page.text()).not.toContain('could not be loaded')
  })
})

describe('pairing', () => {
  it('sends the code in its one form, and shows the pen', async () => {
    await open()
    expect(page.text()).toContain('No pen paired yet')
    pens = [pen('p-1')]
    await pair('abcd efgh')
    expect(changed()).toEqual(['POST /api/pens/pairings/confirm'])
    expect(sent).toEqual([{ user_code: 'ABCD-EFGH' }])
    expect(page.sees('pen-p-1')).toBe(true)
    expect(page.sees('pen-code')).toBe(false)
  })

  it('half a code is not sent', async () => {
    await open()
    await pair('abcd')
    expect(page.get('pen-error').textContent).toContain('eight letters or digits')
    expect(changed()).toEqual([])
    await page.type('pen-code', 'abcde')
    expect(page.sees('pen-error')).toBe(false)
  })

  it.each([
    [404, 'unknown_code', 'No pen shows this code'],
    [410, 'expired', 'too old'],
    [429, 'too_many_attempts', 'Too many attempts'],
    [500, 'internal', '(internal)'],
  ])('refused with %i, it says what to do and keeps the code', async (status, code, words) => {
    answer = { status, body: { error: { code } } }
    await open()
    await pair('abcdefgh')
    expect(page.get('pen-error').textContent).toContain(words)
    expect((page.get('pen-code') as HTMLInputElement).value).toBe('ABCD-EFGH')
  })

  it('given up, it forgets the code', async () => {
    await open()
    await page.press('pen-pair')
    await page.type('pen-code', 'abcd')
    await page.press('pen-cancel')
    await page.press('pen-pair')
    expect((page.get('pen-code') as HTMLInputElement).value).toBe('')
  })
})

describe('removing', () => {
  it('asks first, and removes nothing when one thinks better of it', async () => {
    pens = [pen('p-1')]
    await open()
    await page.press('remove-p-1')
    expect(page.text()).toContain('no longer write in your sessions')
    await page.press(page.named('Cancel'))
    expect(changed()).toEqual([])
  })

  it('confirmed, the pen is gone', async () => {
    pens = [pen('a/b')]
    await open()
    await page.press('remove-a/b')
    pens = []
    await page.press(page.named('Remove'))
    expect(changed()).toEqual(['DELETE /api/pens/a%2Fb'])
    expect(page.text()).toContain('The pen is removed')
    expect(page.sees('pen-a/b')).toBe(false)
  })

  it('that fails is told, and the pen stays', async () => {
    pens = [pen('p-1')]
    answer = { status: 500, body: { error: { code: 'internal' } } }
    await open()
    await page.press('remove-p-1')
    await page.press(page.named('Remove'))
    expect(page.text()).toContain('(internal)')
    expect(page.sees('pen-p-1')).toBe(true)
  })
})
