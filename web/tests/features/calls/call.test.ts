// The incoming call: what the teacher sees before accepting, how they answer, how it stops ringing.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import IncomingCall from '@/features/calls/IncomingCall.vue'
import type { IncomingCall as Call } from '@/wire/messages'
import { open, type Page } from '../../fakes/page'

const NOW = 1_772_000_000_000

function call(more: Partial<Call> = {}): Call {
  return {
    type: 'incoming_call',
    call: 'c_1',
    student: 'p_1',
    name: '林小雨',
    grade: 8,
    school: '青桐中学',
    subject: 'maths',
    note: '顶点式看不懂',
    deadline_ms: NOW + 20_000,
    history: [
      {
        session: 's_0',
        started_ms: NOW - 86_400_000,
        seconds: 1500,
        teacher: '陈静怡',
        subject: 'maths',
        rating: 11,
        knowledge_points: ['一次函数'],
        difficulty: 4,
        participation: 5,
      },
    ],
    sessions: 7,
    ...more,
  }
}

describe('IncomingCall', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW })
    document.title = '老师工作台'
  })
  let page: Page
  beforeEach(async () => {
    page = open(IncomingCall, { call: call(), accepting: false }, ['accept', 'decline'])
    await vi.advanceTimersByTimeAsync(50)
  })
  afterEach(() => {
    page.close()
    vi.useRealTimers()
  })

  it('O-06: shows who calls and the past sessions before they accept', async () => {
    for (const text of [
      '林小雨',
      '初二',
      '青桐中学',
      '数学',
      '顶点式看不懂',
      '7',
      '11/12',
      '一次函数',
    ]) {
      expect(page.text()).toContain(text)
    }
    expect(page.text()).toContain(i18n.global.t('common.difficulty.4'))
    expect(page.text()).toContain(i18n.global.t('common.participation.5'))
  })

  it('counts down and flashes the title', async () => {
    await vi.advanceTimersByTimeAsync(5_200)
    expect(page.get('call-left').textContent).toContain('15')
    const titles = new Set<string>()
    for (let turn = 0; turn < 4; turn += 1) {
      await vi.advanceTimersByTimeAsync(1000)
      titles.add(document.title)
    }
    expect(titles).toEqual(new Set(['老师工作台', '【来电】林小雨']))
  })

  it('accepts and declines the call that is shown', async () => {
    page.get('accept').click()
    page.get('decline').click()
    expect(page.events.accept).toEqual([['c_1']])
    expect(page.events.decline).toEqual([['c_1']])
  })

  it('stops ringing when another window answers', async () => {
    await vi.advanceTimersByTimeAsync(1000)
    page.props.call = null
    await vi.advanceTimersByTimeAsync(50)
    expect(document.title).toBe('老师工作台')
    await vi.advanceTimersByTimeAsync(5000)
    expect(document.title).toBe('老师工作台')
  })

  it('cannot be answered twice while it connects', async () => {
    page.props.accepting = true
    await vi.advanceTimersByTimeAsync(50)
    expect((page.get('decline') as HTMLButtonElement).disabled).toBe(true)
    page.get('accept').click()
    expect(page.events.accept).toEqual([])
  })
})
