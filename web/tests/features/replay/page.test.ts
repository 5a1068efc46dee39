// The replay as an auditor uses it: position, play, speed, keys, chat, events and forms.
import { describe, expect, it, vi } from 'vitest'
import { at, DETAIL, key, open, pass, seek, Sound, stage, useReplay } from '../../fakes/replay'

vi.mock('@/net/auth', () => import('../../fakes/auth'))
useReplay()

describe('a position', () => {
  it.each([
    [0, 'No page yet', [], []],
    [5_000, 'Page 1 of 1 · blank', [], []],
    [30_000, 'Page 1 of 1 · paper', ['老师好'], ['#c81e1e']],
    [105_000, 'Page 2 of 2 · blank', ['老师好'], []],
    [115_000, 'Page 2 of 2 · blank', ['老师好', '再见'], []],
  ])('at %i ms shows the page, the chat and the ink of that time', async (ms, sign, said, ink) => {
    await open()
    await seek(115_000)
    await pass(50)
    for (const canvas of stage.canvases.made) canvas.clear()
    await seek(ms)
    expect(stage.page.get('page-sign').textContent).toContain(sign)
    const chat = stage.page.get('chat').textContent!
    expect(['老师好', '再见'].filter((line) => chat.includes(line))).toEqual(said)
    await pass(50)
    expect(stage.canvases.made.flatMap((canvas) => canvas.ink())).toEqual(ink)
  })

  it.each([
    ['an event', () => stage.page.press('event-5'), 10_000],
    ['a lost connection', () => stage.page.press('span-reconnecting'), 60_000],
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
  const slider = () => stage.page.get('volume-left')

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
    await stage.page.press('play')
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
    expect(stage.page.get('play').dataset.playing).toBe('false')
  })

  it('is twice as fast at two, and brackets step through the speeds', async () => {
    await open()
    const speed = () => (stage.page.get('speed') as HTMLSelectElement).value
    await key(']')
    expect(speed()).toBe('1.25')
    for (let n = 0; n < 9; n += 1) await key(']')
    expect(speed()).toBe('2')
    await stage.page.press('play')
    await pass(3_000)
    expect(at()).toBeGreaterThan(5_800)
    for (let n = 0; n < 9; n += 1) await key('[')
    expect(speed()).toBe('0.5')
  })

  it('space on a button is that button’s', async () => {
    await open()
    await key(' ', {}, stage.page.get('event-5'))
    expect(stage.page.get('play').dataset.playing).toBe('false')
  })

  it('stops when the page is left', async () => {
    await open({ voices: true })
    await stage.page.press('play')
    await stage.page.router.push('/auditor')
    await stage.page.settled()
    expect(Sound.last.paused).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('what is told of the session', () => {
  it('who, what, how it ended and the state of the file', async () => {
    await open()
    for (const words of ['林小雨 with 陈静怡', 'Maths', 'Ended normally', '2.0 MB', 'Sealed']) {
      expect(stage.page.text()).toContain(words)
    }
    expect(document.title).toContain('林小雨')
  })

  it('both forms', async () => {
    await open()
    await stage.page.press('tab-forms')
    const forms = stage.page.get('forms').textContent!
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
    stage.answers['/api/recordings/s_1'] = () => Response.json({ ...DETAIL, ...more })
    await open()
    expect(stage.page.get('seal').textContent).toContain('Not sealed')
    expect(stage.page.sees('damaged')).toBe(true)
    await stage.page.press('tab-forms')
    expect(stage.page.get('forms').textContent!.match(/Not filled in/g)).toHaveLength(2)
  })
})

describe('when it cannot be had', () => {
  it('because there is none: only the way back', async () => {
    stage.answers['/api/recordings/s_1'] = () => new Response('{}', { status: 404 })
    await open()
    expect(stage.page.get('replay-error').textContent).toContain('no such recording')
    await stage.page.press(stage.page.named('Back to the list'))
    expect(stage.page.where()).toBe('/auditor')
  })

  it('now, it is tried again when asked', async () => {
    stage.answers['/api/recordings/s_1'] = () => new Response('{}', { status: 500 })
    await open()
    expect(stage.page.get('replay-error').textContent).toContain('could not be loaded')
    stage.answers['/api/recordings/s_1'] = () => Response.json(DETAIL)
    await stage.page.press(stage.page.named('Try again'))
    for (let turn = 0; turn < 4; turn += 1) await stage.page.settled()
    expect(stage.page.sees('replay')).toBe(true)
  })
})
