// The student's call: going in, how it stands, what is wrong, and the end.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { READY, StudentCall } from '../../fakes/call'
import { type Arriving } from '../../fakes/call'
import { speak } from '../../fakes/visit'
import { calm, FakeAudio, FakeConnection, FakeTrack } from '../../fakes/media'
import { useLobby } from '@/net/lobby'
import * as feature from '@/router/feature'

vi.mock('@/net/auth', () => import('../../fakes/auth'))
vi.mock('@/net/lobby', () => import('../../fakes/lobby'))
vi.mock('@/net/room', () => import('../../fakes/oneRoom'))
vi.mock('@/router/feature', { spy: true })

let call: StudentCall
let room: StudentCall['room']
let page: StudentCall['page']

beforeEach(() => {
  call = new StudentCall()
  room = call.room
})
afterEach(() => call.leave())

async function enter(how?: Arriving) {
  await call.enter(how)
  page = call.page
}
const happens: StudentCall['happens'] = (event) => call.happens(event)
const changes: StudentCall['changes'] = (...change) => call.changes(...change)

describe('going in', () => {
  it('says with whom it connects until the room is there', async () => {
    await call.arrive()
    page = call.page
    expect(page.sees('entering')).toBe(true)
    call.lobby.say(READY)
    await page.settled()
    expect(page.get('entering').textContent).toContain('陈静怡')
    room.letIn()
    await page.settled()
    expect(page.sees('call')).toBe(true)
    expect(page.text()).toContain('陈静怡')
  })

  it('a session the lobby knows nothing of is over: on to its rating', async () => {
    await call.arrive()
    page = call.page
    await vi.advanceTimersByTimeAsync(2_500)
    expect(page.sees('entering')).toBe(true)
    await vi.advanceTimersByTimeAsync(1_000)
    await page.settled()
    expect(page.where()).toBe('/student/rating/s_1?reason=unknown')
  })

  it('a session that ended while one was away is over for its own reason', async () => {
    await call.arrive()
    page = call.page
    const due = { session: 's_1', other: 'x', subject: 'maths', started_ms: 1, ended_ms: 2 }
    call.lobby.say({ type: 'forms_due', forms: [{ ...due, reason: 'server_lost' }] })
    await vi.advanceTimersByTimeAsync(3_500)
    await page.settled()
    expect(page.where()).toBe('/student/rating/s_1?reason=server_lost')
  })

  it('refused at the door, it offers the way home', async () => {
    await call.arrive()
    page = call.page
    call.lobby.say(READY)
    await page.settled()
    room.socket.open()
    room.socket.say({ type: 'refused', code: 'grant_invalid', text: '', n: null })
    room.socket.drop('grant_invalid')
    await page.settled()
    expect(page.sees('session-refused')).toBe(true)
    await page.press(page.named('回首页'))
    expect(page.where()).toBe('/student')
  })
})

it.each([
  ['zh-CN', '录制中', '正在录制'],
  ['en', 'Recording', 'is recorded'],
] as const)(
  'says in %s that it is recorded: a sentence at first, a sign all along',
  async (...all) => {
    const [of, word, sentence] = all
    speak(of)
    await enter()
    expect(page.get('recording-note').textContent).toContain(sentence)
    const sign = page.get('recording-sign')
    expect(sign.textContent).toContain(word)
    expect(sign.getAttribute('aria-label')).toContain(sentence)
    await vi.advanceTimersByTimeAsync(11_000)
    await page.settled()
    expect(page.sees('recording-note')).toBe(false)
    expect(page.sees('recording-sign')).toBe(true)
  },
)

describe('the tab', () => {
  it('says with whom, and how long still, the time first', async () => {
    room.endsInMs = 125_000
    await call.arrive()
    expect(document.title).toBe('正在进入辅导… · 双师答疑')
    call.lobby.say(READY)
    page = call.page
    await page.settled()
    expect(document.title).toBe('和陈静怡老师辅导 · 双师答疑')
    room.letIn()
    await page.settled()
    expect(document.title).toMatch(/^2:0\d · 和陈静怡老师辅导 · 双师答疑$/)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(document.title).toMatch(/^1:0\d · /)
    speak('en')
    await page.settled()
    expect(document.title).toMatch(/^1:0\d · Session with 陈静怡 · Inkcall$/)
  })
})

describe('the head of the call', () => {
  it('counts the time left down to nothing', async () => {
    room.endsInMs = 125_000
    await enter()
    room.socket.lives = true
    expect(page.get('time-left').textContent).toMatch(/2:0\d/)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(page.get('time-left').textContent).toMatch(/1:0\d/)
    await vi.advanceTimersByTimeAsync(600_000)
    expect(page.get('time-left').textContent!.trim()).toBe('0:00')
  })

  it('warns in minutes when the server does', async () => {
    room.endsInMs = 180_000
    await enter()
    expect(page.sees('time-warning')).toBe(false)
    await happens({ type: 'time_warning', ends_at: 180_000 })
    expect(page.get('time-warning').textContent).toContain('3')
  })

  it('is as good as the worse of both voices, and unknown while disconnected', async () => {
    await enter()
    expect(page.get('quality').dataset.grade).toBe('none')
    room.socket.say({ type: 'media_offer', leg: 'l', sdp: 'o', restart: false })
    await calm()
    FakeConnection.last.become('connected')
    const quality = { type: 'quality', voice: 'connected', rtt_ms: 40, jitter_ms: 5, level: -30 }
    room.socket.say({ ...quality, member: 'stu', loss: 0 })
    room.socket.say({ ...quality, member: 'tea', loss: 0.2 })
    await page.settled()
    expect(page.get('quality').dataset.grade).toBe('poor')
    room.socket.say({ ...quality, member: 'tea', loss: 0 })
    await page.settled()
    expect(page.get('quality').dataset.grade).toBe('good')
    room.socket.drop()
    await page.settled()
    expect(page.get('quality').dataset.grade).toBe('none')
  })

  it('tells that the teacher is muted', async () => {
    await enter()
    speak('en')
    await changes('tea', { muted: true })
    expect(page.text()).toContain('The teacher is muted')
    await changes('tea', { muted: false })
    expect(page.text()).not.toContain('The teacher is muted')
  })
})

describe('what is wrong is said', () => {
  it.each([
    ['reconnecting', 'lost the connection'],
    ['absent', 'Waiting for'],
    ['left', 'has left'],
  ] as const)('the teacher is %s', async (link, words) => {
    await enter()
    speak('en')
    await changes('tea', { link })
    expect(page.get('link-banner').textContent).toContain(words)
    expect(page.get('link-banner').textContent).toContain('陈静怡')
    await changes('tea', { link: 'connected' })
    expect(page.sees('link-banner')).toBe(false)
  })

  it('one’s own connection comes before the teacher’s', async () => {
    await enter()
    speak('en')
    await changes('tea', { link: 'reconnecting' })
    room.socket.drop()
    await page.settled()
    expect(page.get('link-banner').textContent).toContain('Nothing you write is lost')
    await vi.advanceTimersByTimeAsync(1_000)
    room.letIn()
    await page.settled()
    expect(page.get('link-banner').textContent).toContain('陈静怡')
  })

  it('a microphone that is refused, and one allowed afterwards', async () => {
    await enter({ mic: ['denied', new FakeTrack()] })
    expect(page.sees('mic-banner')).toBe(true)
    await page.press('mic-retry')
    await calm()
    await page.settled()
    expect(page.sees('mic-banner')).toBe(false)
  })

  it('no microphone at all: the chat is there', async () => {
    speak('en')
    await enter({ mic: ['none'] })
    expect(page.get('mic-banner').textContent).toContain('No microphone was found')
  })

  it.each([
    ['en', 'opened with http://'],
    ['zh-CN', '用 http:// 打开的'],
  ] as const)(
    'a page that came without https says so (%s), and not that one is missing',
    async (l, said) => {
      speak(l)
      await enter({ mic: ['insecure'] })
      expect(page.get('mic-banner').textContent).toContain(said)
      // Asking again cannot help.
      expect(page.sees('mic-retry')).toBe(false)
    },
  )

  it('sound that the browser holds back until a tap', async () => {
    await enter()
    FakeAudio.blocked = true
    room.socket.say({ type: 'media_offer', leg: 'l', sdp: 'o', restart: false })
    await calm()
    FakeConnection.last.speak()
    await page.settled()
    FakeAudio.blocked = false
    await page.press('unlock-sound')
    expect(page.sees('unlock-sound')).toBe(false)
  })

  it('a refusal, until it is closed', async () => {
    await enter()
    speak('en')
    room.socket.say({ type: 'refused', code: 'board_full', text: '', n: null })
    await page.settled()
    expect(page.get('room-notice').textContent).toContain('The board is full')
    await page.press(page.get('room-notice').querySelector('button')!)
    expect(page.sees('room-notice')).toBe(false)
  })

  it('maintenance, with the time to end by', async () => {
    await enter()
    const deadline_ms = new Date(2026, 2, 1, 20, 5).getTime()
    room.socket.say({ type: 'draining', deadline_ms })
    await page.settled()
    expect(page.text()).toContain('20:05')
  })
})

describe('the bar', () => {
  it('mutes and unmutes, and the server is told each time', async () => {
    const mic = new FakeTrack()
    await enter({ mic: [mic] })
    await page.press('mute')
    expect(mic.enabled).toBe(false)
    expect(page.get('mute').getAttribute('aria-pressed')).toBe('true')
    await page.press('mute')
    expect(mic.enabled).toBe(true)
    expect(room.asked('set_muted').map((one) => one.muted)).toEqual([true, false])
  })

  it('who muted themselves is still muted after a reload', async () => {
    room.members[0]!.muted = true
    const mic = new FakeTrack()
    await enter({ mic: [mic] })
    expect(mic.enabled).toBe(false)
    expect(page.get('mute').getAttribute('aria-pressed')).toBe('true')
  })

  it('sets the volume', async () => {
    await enter()
    await page.press('sound')
    const slider = page.get('volume') as HTMLInputElement
    expect(slider.value).toBe('100')
    await page.type('volume', '35')
    expect(FakeAudio.last.volume).toBe(0.35)
  })

  it('offers the pictures of the device', async () => {
    await enter()
    await page.press('photo')
    const opened = vi.spyOn(page.get('photo-file'), 'click').mockImplementation(() => {})
    const ways = page.get('photo-sheet').querySelectorAll<HTMLElement>('.way')
    ways[ways.length - 1]!.click()
    expect(opened).toHaveBeenCalledOnce()
  })

  it('takes no photo where uploading is not allowed', async () => {
    await enter()
    await changes('stu', { permissions: ['draw', 'end'] })
    expect((page.get('photo') as HTMLButtonElement).disabled).toBe(true)
  })
})

describe('the end', () => {
  it('is asked about first, and nothing ends when one goes on', async () => {
    await enter()
    await page.press('end-session')
    expect(page.sees('end-sheet')).toBe(true)
    await page.press('end-cancel')
    expect(page.sees('end-sheet')).toBe(false)
    expect(room.asked('end_session')).toEqual([])
  })

  it('confirmed, it ends for both and leads to the rating', async () => {
    await enter()
    await page.press('end-session')
    await page.press('end-confirm')
    expect(room.asked('end_session')).toHaveLength(1)
    await happens({ type: 'session_ended', reason: 'hung_up', member: 'stu' })
    expect(page.where()).toBe('/student/rating/s_1?reason=hung_up')
    expect(useLobby().ready).toBeNull()
  })

  it.each(['time_limit', 'server_lost', 'drained'])('for %s leads there too', async (reason) => {
    await enter()
    await happens({ type: 'session_ended', reason, member: null })
    expect(page.where()).toBe(`/student/rating/s_1?reason=${reason}`)
  })

  it('shows in place when the page after it does not come', async () => {
    await enter()
    speak('en')
    page.router.beforeResolve((to) => {
      if (to.path.startsWith('/student/rating/')) throw new TypeError('a file did not come')
    })
    await happens({ type: 'session_ended', reason: 'time_limit', member: null })
    expect(page.sees('call')).toBe(false)
    expect(page.get('session-over').textContent).toContain('Time was up')
    expect(page.text()).not.toContain('paused your writing')
    await page.press('over-home')
    expect(page.where()).toBe('/student')
  })

  it('has what it needs fetched when the call begins', async () => {
    const asked: string[] = []
    vi.spyOn(feature, 'preloadPage').mockImplementation((to) => void asked.push(to.path))
    await enter()
    expect(asked).toEqual(['/student/rating/s_1', '/student'])
  })

  it('comes by itself when the time is up and the server is gone', async () => {
    room.endsInMs = 20_000
    await enter()
    room.socket.drop()
    await page.settled()
    await vi.advanceTimersByTimeAsync(19_000)
    expect(page.sees('call')).toBe(true)
    await vi.advanceTimersByTimeAsync(7_000)
    await page.settled()
    expect(page.where()).toBe('/student/rating/s_1?reason=unknown')
  })

  it('is told by the form that is owed, when the room could not', async () => {
    await enter()
    room.socket.drop()
    const due = { session: 's_1', other: 'x', subject: 'maths', started_ms: 1, ended_ms: 2 }
    call.lobby.say({ type: 'forms_due', forms: [{ ...due, reason: 'server_lost' }] })
    await page.settled()
    expect(page.where()).toBe('/student/rating/s_1?reason=server_lost')
  })

  it('the back gesture asks instead of leaving', async () => {
    await enter()
    await page.router.push('/student')
    await page.settled()
    expect(page.where()).toBe('/student/session/s_1')
    expect(page.sees('end-sheet')).toBe(true)
  })

  it('opened in another tab, this one says so and cannot go on', async () => {
    await enter()
    room.socket.drop('replaced')
    await page.settled()
    expect(page.get('session-refused').textContent).toContain('已在别的窗口打开')
  })
})
