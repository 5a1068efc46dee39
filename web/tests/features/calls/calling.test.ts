// Calling a teacher from the student's home: the sheet, the ringing, and what comes of it.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { useLobby } from '@/net/lobby'
import { useRoom } from '@/net/room'
import { server, type StudentHome, teacher, useStudentHome } from '../../fakes/studentHome'
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
async function callTeacher(note = '') {
  await page.press('teacher-call')
  if (note) await page.type('call-note', note)
  await page.press('call-start')
}

describe('calling', () => {
  it('asks for the subject and a note, and sends both', async () => {
    await home([teacher(1, { subjects: ['maths', 'physics'] })])
    await page.press('teacher-call')
    expect((page.get('call-subject-maths') as HTMLInputElement).checked).toBe(true)
    await page.press('call-subject-physics')
    await page.type('call-note', '  浮力怎么算？ ')
    await page.press('call-start')
    expect(server().of('call_teacher')).toEqual([
      { type: 'call_teacher', teacher: 't_1', subject: 'physics', note: '浮力怎么算？' },
    ])
  })

  it('on a page that came without https it says before and while it rings why nobody will hear', async () => {
    speak('en')
    await home([teacher(1)], 'insecure')
    await page.press('teacher-call')
    expect(page.get('insecure').textContent).toContain('opened with http://')
    expect(page.text()).not.toContain('press “Allow”')
    await page.press('call-start')
    expect(page.get('ringing').textContent).toContain('opened with http://')
  })

  it('begins with the subject that was filtered by', async () => {
    await home([teacher(1, { subjects: ['maths', 'physics'] })])
    await page.press('filter-physics')
    await page.press('teacher-call')
    expect((page.get('call-subject-physics') as HTMLInputElement).checked).toBe(true)
  })

  it('calls once, however often the button is pressed', async () => {
    await home()
    await page.press('teacher-call')
    const start = page.get('call-start')
    start.click()
    start.click()
    await page.settled()
    start.click()
    await page.settled()
    expect(server().of('call_teacher')).toHaveLength(1)
  })

  it('rings, counts down, and says whom', async () => {
    await home()
    server().lives = true
    await callTeacher()
    expect(page.get('ringing').textContent).toContain('陈老师1')
    expect(page.get('ring-countdown').textContent!.trim()).toBe('')
    const deadline_ms = Date.now() + 20_000
    await says({ type: 'ringing', call: 'c_1', teacher: 't_1', deadline_ms })
    expect(page.get('ring-countdown').textContent).toMatch(/2[01]/)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(page.get('ring-countdown').textContent).toMatch(/1[56]/)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(page.get('ring-countdown').textContent).toContain('0')
  })

  it('is in the tab while it rings, and gone with it', async () => {
    await home()
    expect(document.title).toBe('找老师 · 双师答疑')
    await callTeacher()
    await says({ type: 'ringing', call: 'c_1', teacher: 't_1', deadline_ms: Date.now() + 20_000 })
    expect(document.title).toMatch(/2[01].* · 正在呼叫 · 陈老师1 · 双师答疑$/)
    await page.press('ring-cancel')
    await says({ type: 'call_ended', call: 'c_1', outcome: 'cancelled' })
    expect(document.title).toBe('找老师 · 双师答疑')
  })

  it('given up, it tells the server and is home again without a word', async () => {
    await home()
    await callTeacher()
    await says({ type: 'ringing', call: 'c_1', teacher: 't_1', deadline_ms: Date.now() + 20_000 })
    await page.press('ring-cancel')
    expect(server().of('cancel_call')).toEqual([{ type: 'cancel_call', call: 'c_1' }])
    await says({ type: 'call_ended', call: 'c_1', outcome: 'cancelled' })
    expect(page.sees('teacher-list')).toBe(true)
    expect(page.sees('outcome')).toBe(false)
  })

  it('given up by the back gesture, it stays at home: unseen it would go on ringing', async () => {
    await home()
    await page.router.push('/history')
    await page.router.push('/student')
    await page.settled()
    await callTeacher()
    await says({ type: 'ringing', call: 'c_1', teacher: 't_1', deadline_ms: Date.now() + 20_000 })
    page.router.back()
    await page.settled()
    expect(server().of('cancel_call')).toEqual([{ type: 'cancel_call', call: 'c_1' }])
    expect([page.where(), page.sees('teacher-list')]).toEqual(['/student', true])
    page.router.back()
    await page.settled()
    expect(page.where()).toBe('/history')
  })

  it('given up before the server answered, it takes the ring back when it comes', async () => {
    await home()
    await callTeacher()
    await page.press('ring-cancel')
    await says({ type: 'ringing', call: 'c_7', teacher: 't_1', deadline_ms: Date.now() + 20_000 })
    expect(server().of('cancel_call')).toEqual([{ type: 'cancel_call', call: 'c_7' }])
    expect(page.sees('ringing')).toBe(false)
  })

  it('goes on when the student only listens, and says so', async () => {
    await home([teacher(1)], 'denied')
    await callTeacher()
    expect(page.get('ringing').textContent).toMatch(/麦克风/)
    expect(server().of('call_teacher')).toHaveLength(1)
  })

  it('answered, it knocks at the room and goes there; nothing can be cancelled then', async () => {
    await home()
    await callTeacher()
    await says({ type: 'ringing', call: 'c_1', teacher: 't_1', deadline_ms: Date.now() + 20_000 })
    const ready = {
      type: 'session_ready',
      call: 'c_1',
      session: 's_1',
      url: '/ws/room',
      grant: 'g',
      other: '陈老师1',
      subject: 'maths',
    }
    server().say(ready)
    await page.settled()
    await vi.dynamicImportSettled()
    await page.settled()
    expect(useRoom).toHaveBeenCalledTimes(1)
    expect(page.where()).toBe('/student/session/s_1')
  })
})

describe('a call that came to nothing', () => {
  it.each([
    ['declined', '老师现在不方便', true],
    ['no_answer', '没有人接听', true],
    ['busy', '老师正在辅导', false],
    ['teacher_gone', '老师掉线了', true],
    ['failed', '没有接通', true],
  ] as const)('%s is said kindly', async (outcome, title, retry) => {
    await home()
    await callTeacher('顶点')
    await says({ type: 'ringing', call: 'c_1', teacher: 't_1', deadline_ms: Date.now() + 20_000 })
    await says({ type: 'call_ended', call: 'c_1', outcome })
    expect(page.sees('ringing')).toBe(false)
    const said = page.get('outcome').textContent!
    expect(said).toContain(title)
    expect(said).not.toContain('student.outcome')
    expect(page.sees('outcome-again')).toBe(retry)
  })

  it('called again, it is the same call once more', async () => {
    await home()
    await callTeacher('顶点')
    await says({ type: 'ringing', call: 'c_1', teacher: 't_1', deadline_ms: Date.now() + 20_000 })
    await says({ type: 'call_ended', call: 'c_1', outcome: 'no_answer' })
    await page.press('outcome-again')
    const calls = server().of('call_teacher')
    expect(calls).toHaveLength(2)
    expect(calls[1]).toEqual(calls[0])
    expect(page.sees('ringing')).toBe(true)
  })

  it.each(['draining', 'recorder_unavailable', 'full', 'in_session', 'already_calling'])(
    'refused with %s, it does not ring for ever',
    async (code) => {
      await home()
      await callTeacher()
      await says({ type: 'refused', code, text: 'x', n: null })
      expect(page.sees('ringing')).toBe(false)
      expect(page.sees('outcome')).toBe(true)
      await page.press('outcome-another')
      expect(page.sees('outcome')).toBe(false)
      expect(page.sees('teacher-list')).toBe(true)
    },
  )

  it('unanswered by the server, it gives up by itself', async () => {
    await home()
    await callTeacher()
    await vi.advanceTimersByTimeAsync(8_100)
    await page.settled()
    expect(page.sees('ringing')).toBe(false)
    expect(page.get('outcome').textContent).toContain('服务器没有回应')
  })

  describe.each([
    [false, 'Your device has no network'],
    [true, 'The server does not answer'],
  ])('with the device’s network there: %s', (online, words) => {
    afterEach(() => void vi.restoreAllMocks())

    const calledAgain = async () => {
      expect(page.get('outcome').textContent).toContain(words)
      expect(page.sees('outcome-another')).toBe(false)
      await page.press('outcome-again')
      await vi.advanceTimersByTimeAsync(6_000)
      if (server().readyState === 0) server().welcome()
      expect(server().of('call_teacher')).toHaveLength(1)
    }

    it('cut by a lost connection while it rang, it says whose, and is called again', async () => {
      await home()
      speak('en')
      await callTeacher()
      await says({ type: 'ringing', call: 'c_1', teacher: 't_1', deadline_ms: Date.now() + 9_000 })
      vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(online)
      server().drop()
      await page.settled()
      await calledAgain()
    })

    it('lost before it rang, it is not the teacher who went', async () => {
      await home()
      speak('en')
      await page.press('teacher-call')
      vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(online)
      server().drop()
      await page.settled()
      useLobby().call('t_1', 'maths', 'n')
      await page.settled()
      expect(page.get('ringing').textContent).toContain('Reconnecting')
      await vi.advanceTimersByTimeAsync(8_100)
      await page.settled()
      expect(page.get('outcome').textContent).toContain(words)
      expect(page.text()).not.toContain('Not online any more')
    })
  })

  it('asked for while the connection was down, it is sent when it is back', async () => {
    await home()
    await page.press('teacher-call')
    server().drop()
    useLobby().call('t_1', 'maths', 'n')
    await vi.advanceTimersByTimeAsync(1_000)
    server().welcome()
    expect(server().of('call_teacher')).toMatchObject([{ teacher: 't_1', note: 'n' }])
  })
})

describe('when one cannot call', () => {
  it('the network is lost: a blink is not told, a loss is, and nothing can be called', async () => {
    await home()
    server().drop()
    await vi.advanceTimersByTimeAsync(300)
    expect(page.sees('offline-bar')).toBe(false)
    await vi.advanceTimersByTimeAsync(1_500)
    expect(page.sees('offline-bar')).toBe(true)
    expect((page.get('teacher-call') as HTMLButtonElement).disabled).toBe(true)
    server().welcome()
    await page.settled()
    expect(page.sees('offline-bar')).toBe(false)
    expect((page.get('teacher-call') as HTMLButtonElement).disabled).toBe(false)
  })

  it('maintenance is near: the hour is told', async () => {
    await home()
    await says({ type: 'draining', deadline_ms: new Date(2026, 2, 1, 21, 30).getTime() })
    expect(page.get('draining').textContent).toContain('21:30')
    expect((page.get('teacher-call') as HTMLButtonElement).disabled).toBe(true)
  })

  it('the teacher becomes busy while the sheet is open: it says so instead of calling', async () => {
    await home()
    await page.press('teacher-call')
    expect(page.sees('call-start')).toBe(true)
    await says({ type: 'teacher_changed', teacher: teacher(1, { presence: 'busy' }) })
    expect(page.sees('call-start')).toBe(false)
    expect(page.get('call-sheet').querySelector('[role=status]')!.textContent).not.toBe('')
  })

  it('a note that was being written survives a change of the teacher’s card', async () => {
    await home()
    await page.press('teacher-call')
    await page.type('call-note', '顶点式')
    await says({ type: 'teacher_changed', teacher: teacher(1, { rated: 31 }) })
    expect((page.get('call-note') as HTMLTextAreaElement).value).toBe('顶点式')
  })
})
