// The student's home over a lobby whose server the test is: who is there, and what waits.
import { describe, expect, it, vi } from 'vitest'
import { auth } from '@/net/auth'
import { ANSWER_MS, hold } from '@/net/here'
import { FakeChannel } from '../../fakes/channel'
import { type StudentHome, teacher, useStudentHome } from '../../fakes/studentHome'
import { speak, type Visit } from '../../fakes/visit'

vi.mock('@/net/auth', () => import('../../fakes/auth'))
vi.mock('@/net/lobby', () => import('../../fakes/lobby'))
vi.mock('@/net/room', () => ({ useRoom: vi.fn() }))

const stage = useStudentHome()
let page: Visit
const says: StudentHome['says'] = (message) => stage.says(message)

async function home(...how: Parameters<StudentHome['open']>) {
  await stage.open(...how)
  page = stage.page
}

const names = () =>
  [...document.querySelectorAll('[data-testid=teacher-card] h2')].map((one) => one.textContent)

describe('the list of teachers', () => {
  it('waits for the first list before it says that nobody is there', async () => {
    await home(null)
    expect(page.sees('no-teachers')).toBe(false)
    await says({ type: 'teachers', teachers: [] })
    expect(page.text()).toContain('现在没有老师在线')
    expect(page.sees('teacher-list')).toBe(false)
  })

  it('greets the student by name, school and grade', async () => {
    await home()
    expect(page.text()).toContain('林小雨')
    expect(page.text()).toMatch(/青桐中学\s*·\s*初二/)
  })

  it('shows whom one can call first, and a call button only there', async () => {
    await home([
      teacher(1, { presence: 'away' }),
      teacher(2, { presence: 'busy' }),
      teacher(3, { rating: 8 }),
      teacher(4, { rating: null, rated: 0 }),
      teacher(5, { rating: 11.9 }),
    ])
    expect(names()).toEqual(['陈老师5', '陈老师3', '陈老师4', '陈老师2', '陈老师1'])
    expect(document.querySelectorAll('[data-testid=teacher-call]')).toHaveLength(3)
    expect(page.text()).toContain('3 位老师在线')
  })

  it('follows who comes, goes and becomes busy', async () => {
    await home([teacher(1), teacher(2)])
    await says({ type: 'teacher_changed', teacher: teacher(1, { presence: 'busy' }) })
    expect(names()).toEqual(['陈老师2', '陈老师1'])
    await says({ type: 'teacher_changed', teacher: teacher(2, { presence: 'offline' }) })
    expect(names()).toEqual(['陈老师1'])
    await says({ type: 'teacher_changed', teacher: teacher(3) })
    expect(names()).toEqual(['陈老师3', '陈老师1'])
  })

  it('is filtered by a subject that somebody teaches, and tells when it has become empty', async () => {
    await home([teacher(1), teacher(2, { subjects: ['physics', 'chemistry'] })])
    expect(page.sees('filter-history')).toBe(false)
    await page.press('filter-physics')
    expect(names()).toEqual(['陈老师2'])
    expect(page.get('filter-physics').getAttribute('aria-pressed')).toBe('true')
    await says({
      type: 'teacher_changed',
      teacher: teacher(2, { subjects: ['physics'], presence: 'offline' }),
    })
    expect(page.get('no-teachers').textContent).toContain('物理')
    await page.press(page.named('看看全部老师'))
    expect(names()).toEqual(['陈老师1'])
  })

  it('shows many teachers, and at most three labels of each', async () => {
    const labels = ['patient', 'humorous', 'rigorous', 'lively'].map((label) => ({
      label,
      count: 3,
    }))
    await home(Array.from({ length: 60 }, (_, n) => teacher(n, { labels })))
    expect(names()).toHaveLength(60)
    const [card] = document.querySelectorAll('[data-testid=teacher-card]')
    expect(card!.querySelectorAll('.chip:not(.subject)')).toHaveLength(3)
  })

  it('speaks English too, one teacher and many', async () => {
    speak('en')
    await home([teacher(1, { rating: null })])
    for (const words of ['1 teacher online', 'New here', 'Hello, 林小雨', 'Grade 8', 'Maths']) {
      expect(page.text()).toContain(words)
    }
    await says({ type: 'teacher_changed', teacher: teacher(2) })
    expect(page.text()).toContain('2 teachers online')
    expect(page.named('Call 陈老师2')).toBeTruthy()
  })
})

describe('what waits at home', () => {
  const ready = {
    type: 'session_ready',
    call: 'c_1',
    session: 's_9',
    url: '/ws/room',
    grant: 'g',
    other: '王老师',
    subject: 'physics',
  }
  const due = { session: 's_3', other: '李老师', subject: 'maths', started_ms: 1, ended_ms: 2 }

  it('a session this device was in is gone back into, in a tab opened anew', async () => {
    vi.stubGlobal('BroadcastChannel', FakeChannel)
    hold('s_9')
    FakeChannel.all = []
    await home()
    await says(ready)
    await vi.advanceTimersByTimeAsync(ANSWER_MS)
    await vi.dynamicImportSettled()
    await page.settled()
    expect(page.where()).toBe('/student/session/s_9')
    localStorage.clear()
  })

  it('a session another tab of this device is in is left to that tab', async () => {
    vi.stubGlobal('BroadcastChannel', FakeChannel)
    const letGo = hold('s_9')
    await home()
    await says(ready)
    await vi.advanceTimersByTimeAsync(ANSWER_MS)
    await page.settled()
    expect(page.where()).toBe('/student')
    expect(page.sees('return-card')).toBe(true)
    letGo(true)
  })

  it('a session that still runs is offered and not entered by itself', async () => {
    await home()
    await says(ready)
    expect(page.where()).toBe('/student')
    expect(page.get('return-card').textContent).toContain('王老师')
    expect((page.get('teacher-call') as HTMLButtonElement).disabled).toBe(true)
    await page.press('return-to-session')
    expect(page.where()).toBe('/student/session/s_9')
  })

  it('a rating still owed is asked for, with an apology after a failure of the server', async () => {
    await home()
    await says({ type: 'forms_due', forms: [{ ...due, reason: 'server_lost' }] })
    expect(page.get('form-due').textContent).toContain('李老师')
    expect(page.get('form-due').textContent).toContain('抱歉')
    await page.press('form-due-open')
    expect(page.where()).toBe('/student/rating/s_3?reason=server_lost')
  })

  it('a session that runs comes before a rating that is owed', async () => {
    await home()
    await says({ type: 'forms_due', forms: [{ ...due, reason: 'hung_up' }] })
    await says(ready)
    expect(page.sees('form-due')).toBe(false)
  })

  it('a refusal of no call is shown until it is closed', async () => {
    await home()
    await says({ type: 'refused', code: 'full', text: '', n: null })
    expect(page.get('notice').getAttribute('role')).toBe('alert')
    await page.press(page.get('notice').querySelector('button')!)
    expect(page.sees('notice')).toBe(false)
  })

  it('signs out', async () => {
    await home()
    await page.press('sign-out')
    expect(auth.signOut).toHaveBeenCalledTimes(1)
  })
})
