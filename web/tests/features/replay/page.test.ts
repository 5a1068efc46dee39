// The replay as an auditor uses it: position, play, speed, keys, voices, chat, events and forms.
import { encode } from '@msgpack/msgpack'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import ReplayPage from '@/features/replay/ReplayPage.vue'
import type { Member, RoomEvent } from '@/wire/messages'
import { page as pageOf, stroke } from '../../fakes/board'
import { useFakeCanvas } from '../../fakes/canvas'
import { FakeAudioContext, FakeNode, useFakeMedia } from '../../fakes/media'
import { member, useRoomBrowser } from '../../fakes/room'
import { speak, visit, type Visit } from '../../fakes/visit'

vi.mock('@/net/auth', () => import('../../fakes/auth'))

const MINUTE = 60_000
type Happening = { type: string; at: number } & Record<string, unknown>
const who = (id: 'p_1' | 't_1', more: Partial<Member> = {}) =>
  member(id, id === 'p_1' ? 'student' : 'teacher', {
    name: id === 'p_1' ? '林小雨' : '陈静怡',
    ...more,
  })
const change = (at: number, one: Member): Happening => ({ type: 'member_changed', at, member: one })

const STORY: Happening[] = [
  change(0, who('t_1')),
  change(1_000, who('p_1')),
  { type: 'page_added', at: 2_000, member: 't_1', page: pageOf('a', { kind: 'paper' }) },
  { type: 'page_turned', at: 2_000, member: 't_1', page: 'a' },
  { type: 'said', at: 10_000, member: 'p_1', text: '老师好' },
  { type: 'stroke_began', at: 20_000, ...stroke('t.1', { member: 't_1', colour: '#c81e1e' }) },
  change(60_000, who('p_1', { link: 'reconnecting' })),
  change(90_000, who('p_1')),
  { type: 'page_added', at: 100_000, member: 'p_1', page: pageOf('b') },
  { type: 'page_turned', at: 100_000, member: 'p_1', page: 'b' },
  { type: 'said', at: 110_000, member: 't_1', text: '再见' },
  { type: 'session_ended', at: 120_000, reason: 'hung_up', member: 'p_1' },
]
const DETAIL = {
  ...{
    session: 's_1',
    student: { id: 'p_1', name: '林小雨' },
    teacher: { id: 't_1', name: '陈静怡' },
  },
  ...{ subject: 'maths', started_ms: 1_772_000_000_000, seconds: 120, reason: 'hung_up' },
  ...{
    rating: 8,
    sealed: true,
    damaged: false,
    bytes: 2_097_152,
    members: [who('p_1'), who('t_1')],
  },
  rating_form: {
    understood: 3,
    clear: 2,
    patient: 3,
    useful: 0,
    labels: ['patient'],
    comment: '谢谢',
    total: 8,
  },
  report_form: { knowledge_points: ['圆'], difficulty: 4, participation: 2, comment: '多练' },
}

/** The sound of the recording, in the place of an audio element. */
class Sound {
  static last: Sound
  static broken = false
  currentTime = 0
  playbackRate = 1
  duration = 120
  paused = true
  preload = ''
  onloadedmetadata?: () => void
  onerror?: () => void
  constructor() {
    Sound.last = this
  }
  set src(_: string) {
    queueMicrotask(() => (Sound.broken ? this.onerror!() : this.onloadedmetadata!()))
  }
  play = async () => void (this.paused = false)
  pause = () => void (this.paused = true)
  load() {}
  removeAttribute() {}
}

let page: Visit
let canvases: ReturnType<typeof useFakeCanvas>
let answers: Record<string, () => Response>

async function open({ voices = false, events = STORY } = {}) {
  const recorded = {
    duration_ms: 2 * MINUTE,
    voices: voices ? [{ member: 'p_1', side: 'left' }] : [],
    events: events.map((event, n) => ({ ...event, seq: n + 1 }) as unknown as RoomEvent),
  }
  answers = {
    '/api/recordings/s_1': () => Response.json(DETAIL),
    '/api/recordings/s_1/events': () => new Response(encode(recorded) as BodyInit),
    '/api/recordings/s_1/voices': () => new Response('ogg'),
    ...answers,
  }
  page = await visit(ReplayPage, '/auditor/recordings/:session', '/auditor/recordings/s_1')
  for (let turn = 0; turn < 6; turn += 1) await page.settled()
}
const at = () => Number(page.get('replay').dataset.at)
const seek = (ms: number) => page.type('seek', String(ms))
async function key(name: string, more: KeyboardEventInit = {}, on: EventTarget = document.body) {
  on.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, ...more }))
  await page.settled()
}
async function pass(ms: number) {
  await vi.advanceTimersByTimeAsync(ms)
  await page.settled()
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_772_000_000_000 })
  answers = {}
  Sound.broken = false
  useFakeMedia()
  useRoomBrowser(true)
  canvases = useFakeCanvas()
  vi.stubGlobal('Audio', Sound)
  vi.stubGlobal('fetch', async (path: string) => answers[path]!())
  for (const side of ['clientWidth', 'clientHeight'] as const) {
    vi.spyOn(HTMLElement.prototype, side, 'get').mockReturnValue(500)
  }
  speak('en')
})
afterEach(() => {
  page.leave()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  speak('zh-CN')
})

describe('a position', () => {
  it.each([
    [0, 'No page yet', [], []],
    [5_000, 'Page 1 of 1 · paper', [], []],
    [30_000, 'Page 1 of 1 · paper', ['老师好'], ['#c81e1e']],
    [105_000, 'Page 2 of 2 · blank', ['老师好'], []],
    [115_000, 'Page 2 of 2 · blank', ['老师好', '再见'], []],
  ])('at %i ms shows the page, the chat and the ink of that time', async (ms, sign, said, ink) => {
    await open()
    await seek(115_000)
    await pass(50)
    for (const canvas of canvases.made) canvas.clear()
    await seek(ms)
    expect(page.get('page-sign').textContent).toContain(sign)
    const chat = page.get('chat').textContent!
    expect(['老师好', '再见'].filter((line) => chat.includes(line))).toEqual(said)
    await pass(50)
    expect(canvases.made.flatMap((canvas) => canvas.ink())).toEqual(ink)
  })

  it.each([
    ['an event', () => page.press('event-5'), 10_000],
    ['a lost connection', () => page.press('span-reconnecting'), 60_000],
    ['the arrow, five seconds on', () => key('ArrowRight'), 55_000],
    ['the arrow back', () => key('ArrowLeft'), 45_000],
    ['Shift and the arrow, thirty', () => key('ArrowRight', { shiftKey: true }), 80_000],
    ['the arrow of another slider: nowhere', () => key('ArrowRight', {}, slider()), 50_000],
    ['Alt and the arrow: the browser’s', () => key('ArrowLeft', { altKey: true }), 50_000],
  ])('%s leads there', async (_, go, to) => {
    await open({ voices: true })
    await seek(50_000)
    await go()
    expect(at()).toBe(to)
  })
  const slider = () => page.get('volume-left')

  it('stays within the recording', async () => {
    await open()
    await key('ArrowLeft')
    expect(at()).toBe(0)
    await seek(119_000)
    await key('ArrowRight')
    expect(at()).toBe(120_000)
  })

  it('marks the event that happened last', async () => {
    await open()
    await seek(95_000)
    const marked = document.querySelectorAll('[aria-current=step]')
    expect([...marked].map((one) => one.textContent)).toEqual(['1:30林小雨 is back'])
  })
})

describe('playing', () => {
  it('goes on at its speed, stops when told, and at the end', async () => {
    await open()
    await page.press('play')
    await pass(3_000)
    expect(at()).toBeGreaterThan(2_900)
    expect(at()).toBeLessThan(3_300)
    await key(' ')
    const stopped = at()
    await pass(1_000)
    expect(at()).toBe(stopped)
    await seek(119_000)
    await key(' ')
    await pass(2_000)
    expect(at()).toBe(120_000)
    expect(page.get('play').dataset.playing).toBe('false')
  })

  it('is twice as fast at two, and brackets step through the speeds', async () => {
    await open()
    const speed = () => (page.get('speed') as HTMLSelectElement).value
    await key(']')
    expect(speed()).toBe('1.25')
    for (let n = 0; n < 9; n += 1) await key(']')
    expect(speed()).toBe('2')
    await page.press('play')
    await pass(3_000)
    expect(at()).toBeGreaterThan(5_800)
    for (let n = 0; n < 9; n += 1) await key('[')
    expect(speed()).toBe('0.5')
  })

  it('space on a button is that button’s', async () => {
    await open()
    await key(' ', {}, page.get('event-5'))
    expect(page.get('play').dataset.playing).toBe('false')
  })

  it('stops when the page is left', async () => {
    await open({ voices: true })
    await page.press('play')
    await page.router.push('/auditor')
    await page.settled()
    expect(Sound.last.paused).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the voices', () => {
  /** What of a recorded side is heard in an ear. */
  function heard(side: 0 | 1, ear: 0 | 1): number {
    const gains = FakeAudioContext.last.splitter.links.filter((link) => link.output === side)
    const way = gains.find((link) => link.to.links.some(({ input }) => input === ear))
    return (way!.to as FakeNode).gain.value
  }
  const state = () => page.get('voices-state').dataset.state

  it('tell the time while they play, and are taken along', async () => {
    await open({ voices: true })
    expect(state()).toBe('ready')
    await seek(30_000)
    expect(Sound.last.currentTime).toBe(30)
    await page.press('play')
    expect(Sound.last.paused).toBe(false)
    Sound.last.currentTime = 42
    await pass(50)
    expect(at()).toBe(42_000)
    await key(']')
    expect(Sound.last.playbackRate).toBe(1.25)
  })

  it('go student left and teacher right, each as loud as wished', async () => {
    await open({ voices: true })
    await page.press('play')
    expect([heard(0, 0), heard(0, 1), heard(1, 0), heard(1, 1)]).toEqual([1, 0, 0, 1])
    await page.type('volume-left', '0.5')
    await page.press('mute-right')
    expect([heard(0, 0), heard(1, 1)]).toEqual([0.5, 0])
    await page.press('mute-right')
    await page.press('mono')
    expect(heard(0, 1)).toBeCloseTo(0.35)
    expect(heard(1, 0)).toBeCloseTo(0.7)
  })

  it('that cannot be played leave the board to the timer, and are tried again', async () => {
    Sound.broken = true
    await open({ voices: true })
    expect(state()).toBe('failed')
    await page.press('play')
    await pass(2_000)
    expect(at()).toBeGreaterThan(1_900)
    Sound.broken = false
    await page.press('voices-retry')
    await page.settled()
    expect(state()).toBe('ready')
    expect(Sound.last.currentTime).toBeGreaterThan(1.9)
  })

  it('that were never recorded are said to be missing', async () => {
    await open()
    expect(state()).toBe('none')
    expect(page.text()).toContain('No voice was recorded')
  })
})

describe('what is told of the session', () => {
  it('who, what, how it ended and the state of the file', async () => {
    await open()
    for (const words of ['林小雨 with 陈静怡', 'Maths', 'Ended normally', '2.0 MB', 'Sealed']) {
      expect(page.text()).toContain(words)
    }
    expect(document.title).toContain('林小雨')
  })

  it('both forms', async () => {
    await open()
    await page.press('tab-forms')
    const forms = page.get('forms').textContent!
    for (const words of [
      '8 of 12',
      '0/3',
      'Patient',
      '谢谢',
      '圆',
      '4 · Hard',
      '2 · Little',
      '多练',
    ]) {
      expect(forms).toContain(words)
    }
  })

  it('forms nobody filled in, a broken file, a reason of tomorrow', async () => {
    const more = {
      rating_form: null,
      report_form: null,
      damaged: true,
      sealed: false,
      reason: 'new',
    }
    answers['/api/recordings/s_1'] = () => Response.json({ ...DETAIL, ...more })
    await open()
    expect(page.get('seal').textContent).toContain('Not sealed')
    expect(page.sees('damaged')).toBe(true)
    await page.press('tab-forms')
    expect(page.get('forms').textContent!.match(/Not filled in/g)).toHaveLength(2)
  })
})

describe('when it cannot be had', () => {
  it('because there is none: only the way back', async () => {
    answers['/api/recordings/s_1'] = () => new Response('{}', { status: 404 })
    await open()
    expect(page.get('replay-error').textContent).toContain('no such recording')
    await page.press(page.named('Back to the list'))
    expect(page.where()).toBe('/auditor')
  })

  it('now, it is tried again when asked', async () => {
    answers['/api/recordings/s_1'] = () => new Response('{}', { status: 500 })
    await open()
    expect(page.get('replay-error').textContent).toContain('could not be loaded')
    answers['/api/recordings/s_1'] = () => Response.json(DETAIL)
    await page.press(page.named('Try again'))
    for (let turn = 0; turn < 4; turn += 1) await page.settled()
    expect(page.sees('replay')).toBe(true)
  })
})
