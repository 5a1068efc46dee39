// One recording on its page: two minutes with two pages, its forms, and the sound that may come.
import { encode } from '@msgpack/msgpack'
import { afterEach, beforeEach, vi } from 'vitest'
import ReplayPage from '@/features/replay/ReplayPage.vue'
import type { Member, RoomEvent } from '@/wire/messages'
import { page as pageOf, stroke } from './board'
import { useFakeCanvas } from './canvas'
import { useFakeMedia } from './media'
import { member, useRoomBrowser } from './room'
import { speak, visit, type Visit } from './visit'

const MINUTE = 60_000
type Happening = { type: string; at: number } & Record<string, unknown>
const who = (id: 'p_1' | 't_1', more: Partial<Member> = {}) =>
  member(id, id === 'p_1' ? 'student' : 'teacher', {
    name: id === 'p_1' ? '林小雨' : '陈静怡',
    ...more,
  })
const change = (at: number, one: Member): Happening => ({ type: 'member_changed', at, member: one })

export const STORY: Happening[] = [
  change(0, who('t_1')),
  change(1_000, who('p_1')),
  { type: 'page_added', at: 2_000, member: 't_1', page: pageOf('a') },
  { type: 'page_turned', at: 2_000, member: 't_1', page: 'a' },
  { type: 'said', at: 10_000, member: 'p_1', text: '老师好' },
  // The pen's sheet in the place of the blank page.
  { type: 'page_added', at: 20_000, member: 't_1', page: pageOf('a', { kind: 'paper' }) },
  { type: 'stroke_began', at: 20_000, ...stroke('t.1', { member: 't_1', colour: '#c81e1e' }) },
  change(60_000, who('p_1', { link: 'reconnecting' })),
  change(90_000, who('p_1')),
  { type: 'page_added', at: 100_000, member: 'p_1', page: pageOf('b') },
  { type: 'page_turned', at: 100_000, member: 'p_1', page: 'b' },
  { type: 'said', at: 110_000, member: 't_1', text: '再见' },
  { type: 'session_ended', at: 120_000, reason: 'hung_up', member: 'p_1' },
]
export const DETAIL = {
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
export class Sound {
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

export const VOICES = '/api/recordings/s_1/voices'

/** What the page meets; made anew for every test by `useReplay`. */
export const stage = {} as {
  page: Visit
  canvases: ReturnType<typeof useFakeCanvas>
  /** By address; what is sent has POST and a space before it. */
  answers: Record<string, () => Response>
  /** The job that prepares the voices, or null: they are there. */
  job: { state: string; progress: number } | null
}

export async function open({ voices = false, events = STORY } = {}) {
  const recorded = {
    duration_ms: 2 * MINUTE,
    voices: voices ? [{ member: 'p_1', side: 'left' }] : [],
    events: events.map((event, n) => ({ ...event, seq: n + 1 }) as unknown as RoomEvent),
  }
  stage.answers = {
    '/api/recordings/s_1': () => Response.json(DETAIL),
    '/api/recordings/s_1/events': () => new Response(encode(recorded) as BodyInit),
    [VOICES]: () => new Response('ogg'),
    [`POST ${VOICES}`]: () => Response.json({ job: stage.job && 'j_1' }),
    '/api/jobs/j_1': () => Response.json(stage.job),
    'POST /api/jobs/j_1/cancel': () =>
      Response.json((stage.job = { ...stage.job!, state: 'cancelling' })),
    ...stage.answers,
  }
  stage.page = await visit(ReplayPage, '/auditor/recordings/:session', '/auditor/recordings/s_1')
  for (let turn = 0; turn < 6; turn += 1) await stage.page.settled()
}
export const at = () => Number(stage.page.get('replay').dataset.at)
export const seek = (ms: number) => stage.page.type('seek', String(ms))
export async function key(
  name: string,
  more: KeyboardEventInit = {},
  on: EventTarget = document.body,
) {
  on.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, ...more }))
  await stage.page.settled()
}
export async function pass(ms: number) {
  await vi.advanceTimersByTimeAsync(ms)
  await stage.page.settled()
}

/** To be called once in a test file; the file mocks `@/net/auth` itself. */
export function useReplay(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_772_000_000_000 })
    stage.answers = {}
    stage.job = null
    Sound.broken = false
    useFakeMedia()
    useRoomBrowser(true)
    stage.canvases = useFakeCanvas()
    vi.stubGlobal('Audio', Sound)
    vi.stubGlobal('fetch', async (path: string, { method }: RequestInit) =>
      stage.answers[method === 'GET' ? path : `${method} ${path}`]!(),
    )
    for (const side of ['clientWidth', 'clientHeight'] as const) {
      vi.spyOn(HTMLElement.prototype, side, 'get').mockReturnValue(500)
    }
    speak('en')
  })
  afterEach(() => {
    stage.page.leave()
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
    speak('zh-CN')
  })
}
