// The teacher's form: what can be sent, and that sending it does what they see.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '@/features/sessions/api'
import { ApiError } from '@/net/http'
import { faultsOf, formOf, tidyKnowledge } from '@/features/sessions/report'
import ReportForm from '@/features/sessions/ReportForm.vue'
import { open, type Page } from '../../fakes/page'

const whole = { knowledge: ['一次函数'], difficulty: 3, participation: 4, comment: ' 好 ' }

describe('faultsOf', () => {
  it('finds none in a whole draft', () => {
    expect(faultsOf(whole)).toEqual({})
    expect(formOf(whole)).toEqual({
      knowledge_points: ['一次函数'],
      difficulty: 3,
      participation: 4,
      comment: '好',
    })
  })

  it('names every field that is missing', () => {
    expect(
      faultsOf({ knowledge: [' '], difficulty: null, participation: null, comment: '' }),
    ).toEqual({ knowledge: 'missingKnowledge', difficulty: 'missing', participation: 'missing' })
  })

  it('holds the bounds of the form: five points of sixty characters', () => {
    const six = ['1', '2', '3', '4', '5', '6']
    expect(faultsOf({ ...whole, knowledge: six }).knowledge).toBe('tooMany')
    expect(faultsOf({ ...whole, knowledge: ['字'.repeat(61)] }).knowledge).toBe('tooLong')
    expect(faultsOf({ ...whole, knowledge: ['字'.repeat(60)] }).knowledge).toBeUndefined()
  })

  it('counts a repeated point once', () => {
    expect(tidyKnowledge([' 圆 ', '圆', '', '圆  的 面积'])).toEqual(['圆', '圆 的 面积'])
  })
})

describe('ReportForm', () => {
  const due = {
    session: 's_1',
    other: '林小雨',
    subject: 'maths' as const,
    startedMs: 1_772_000_000_000,
    reason: 'server_lost',
  }
  beforeEach(() => {
    vi.spyOn(api, 'vocabulary').mockResolvedValue({
      style_labels: [],
      rating_items: [],
      subjects: ['maths'],
      knowledge_points: { maths: ['一次函数', '圆'] },
    })
  })
  let page: Page
  const rows = (form_due: boolean) =>
    vi.spyOn(api, 'mySessions').mockResolvedValue([
      {
        ...{ session: 's_1', other: '林小雨', subject: 'maths', started_ms: 1, seconds: 2 },
        ...{ reason: 'hung_up', rating: null, form_due },
      },
    ] as never)
  beforeEach(async () => {
    rows(true)
    page = open(ReportForm, { due }, ['sent', 'done'])
    await page.settled()
  })
  afterEach(() => {
    page.close()
    vi.restoreAllMocks()
  })

  it('is asked for, but not after a short session', async () => {
    expect(page.text()).not.toContain('很短')
    page.close()
    rows(false)
    page = open(ReportForm, { due }, ['sent', 'done'])
    await page.settled()
    expect(page.get('report-short').textContent).toContain('很短')
  })

  async function addKnowledge(words: string): Promise<void> {
    const box = document.querySelector<HTMLInputElement>('#knowledge')!
    box.focus()
    box.click()
    box.value = words
    box.dispatchEvent(new Event('input'))
    // The list is searched a moment after the last key; Enter takes what is marked in it.
    await vi.waitFor(() => {
      const marked = document.querySelector('.el-select-dropdown__item.is-hovering')
      expect(marked?.textContent?.trim()).toBe(words)
    })
    box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', code: 'Enter' }))
    await page.settled()
  }
  const send = async (): Promise<void> => {
    page.get('report-form').dispatchEvent(new Event('submit'))
    await page.settled()
  }

  it('explains that the server was lost, and asks for what is missing before it sends', async () => {
    const sent = vi.spyOn(api, 'sendReport').mockResolvedValue()
    expect(page.get('end-reason').textContent).toContain('服务器')
    await send()
    expect(document.querySelectorAll('[role=alert]')).toHaveLength(3)
    expect(sent).not.toHaveBeenCalled()
  })

  it('says that it is over while nobody has said why, and why as soon as somebody has', async () => {
    page.props.due = { ...due, reason: 'unknown' }
    await page.settled()
    expect(page.get('end-reason').textContent.trim()).toBe('本次辅导已结束。')
    page.props.due = { ...due, reason: 'grace_over' }
    await page.settled()
    expect(page.get('end-reason').textContent).toContain('对方连接中断')
  })

  it('sends the whole form once and goes back', async () => {
    const sent = vi.spyOn(api, 'sendReport').mockResolvedValue()
    await addKnowledge('圆')
    await addKnowledge('自己写的')
    page.get('difficulty-2').click()
    page.get('participation-5').click()
    await send()
    expect(sent.mock.calls).toEqual([
      [
        's_1',
        { knowledge_points: ['圆', '自己写的'], difficulty: 2, participation: 5, comment: '' },
      ],
    ])
    expect(page.events.sent).toHaveLength(1)
    expect(page.events.done).toHaveLength(1)
  })

  it('keeps what was written when sending fails', async () => {
    vi.spyOn(api, 'sendReport').mockRejectedValue(new ApiError('offline', '', 0))
    await addKnowledge('圆')
    page.get('difficulty-2').click()
    page.get('participation-5').click()
    await send()
    expect(page.text()).toContain('offline')
    expect(page.events.done).toHaveLength(0)
    expect((page.get('difficulty-2') as HTMLInputElement).checked).toBe(true)
  })
})
