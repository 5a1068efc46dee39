// How a teacher notices a call: the tone, the window's title, and the system's notification.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { notificationState, Ring } from '@/features/calls/ring'
import { FakeAudioContext, useFakeMedia } from '../../fakes/media'

const WORDS = { title: '【来电】', notificationTitle: '来电', notificationText: '林小雨：数学' }

class FakeNotification {
  static permission: NotificationPermission = 'granted'
  static refuses = false
  static all: FakeNotification[] = []
  closed = false
  onclick?: () => void
  constructor(
    readonly title: string,
    readonly options: NotificationOptions,
  ) {
    if (FakeNotification.refuses) throw new TypeError('only for service workers')
    FakeNotification.all.push(this)
  }
  close = () => void (this.closed = true)
}

let ring: Ring
const hidden = (is: boolean) => vi.spyOn(document, 'hidden', 'get').mockReturnValue(is)

beforeEach(() => {
  vi.useFakeTimers()
  useFakeMedia()
  vi.stubGlobal('Notification', FakeNotification)
  Object.assign(FakeNotification, { permission: 'granted', refuses: false, all: [] })
  document.title = '老师工作台'
  ring = new Ring()
})
afterEach(() => {
  ring.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('the tone', () => {
  it('comes at once, again and again, and stops when told', () => {
    ring.start(WORDS)
    const once = FakeAudioContext.tones.length
    expect(once).toBeGreaterThan(0)
    vi.advanceTimersByTime(5_000)
    expect(FakeAudioContext.tones).toHaveLength(3 * once)
    ring.stop()
    vi.advanceTimersByTime(20_000)
    expect(FakeAudioContext.tones).toHaveLength(3 * once)
  })

  it('started twice, it rings once at a time', () => {
    ring.start(WORDS)
    ring.start(WORDS)
    const before = FakeAudioContext.tones.length
    vi.advanceTimersByTime(2_500)
    expect(FakeAudioContext.tones).toHaveLength(1.5 * before)
  })

  it('can be tried without ringing on, and gives the sound card back', () => {
    ring.try()
    vi.advanceTimersByTime(10_000)
    const tones = FakeAudioContext.tones.length
    ring.try()
    expect(FakeAudioContext.tones).toHaveLength(2 * tones)
    ring.close()
    expect(FakeAudioContext.last.state).toBe('closed')
  })

  it('may be missing: the title flashes all the same', () => {
    vi.stubGlobal('AudioContext', undefined)
    ring.start(WORDS)
    expect(document.title).toBe('【来电】')
  })
})

describe('the title', () => {
  it('flashes, and is what it was when it stops, in whichever moment', () => {
    for (const after of [0, 500, 1_500, 2_500]) {
      ring.start(WORDS)
      expect(document.title).toBe('【来电】')
      vi.advanceTimersByTime(after)
      ring.stop()
      expect(document.title, `${after} ms`).toBe('老师工作台')
    }
  })

  it('that the page sets after the ring stays', () => {
    ring.start(WORDS)
    ring.stop()
    document.title = '辅导中'
    ring.stop()
    expect(document.title).toBe('辅导中')
  })
})

describe('the notification', () => {
  it('is shown to who looks elsewhere, leads back, and goes with the ring', () => {
    hidden(true)
    const focus = vi.spyOn(window, 'focus').mockImplementation(() => {})
    ring.start(WORDS)
    const [shown] = FakeNotification.all
    expect([shown!.title, shown!.options.body]).toEqual(['来电', '林小雨：数学'])
    shown!.onclick!()
    expect(focus).toHaveBeenCalledOnce()
    ring.start(WORDS)
    ring.stop()
    expect(FakeNotification.all.map((one) => one.closed)).toEqual([true, true])
  })

  it.each([
    ['who sees the page', false, 'granted'],
    ['who was not asked', true, 'default'],
    ['who does not want any', true, 'denied'],
  ] as const)('is not shown to %s', (_, away, permission) => {
    hidden(away)
    FakeNotification.permission = permission
    ring.start(WORDS)
    expect(FakeNotification.all).toEqual([])
    expect(notificationState()).toBe(permission)
  })

  it('refused by the phone’s browser takes nothing else with it', () => {
    hidden(true)
    FakeNotification.refuses = true
    ring.start(WORDS)
    expect(document.title).toBe('【来电】')
    expect(FakeAudioContext.tones.length).toBeGreaterThan(0)
  })

  it('unknown to the browser is said so', () => {
    vi.stubGlobal('Notification', undefined)
    expect(notificationState()).toBe('unsupported')
  })
})
