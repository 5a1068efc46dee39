// The voices of a replay: prepared by the server, how far that is, heard, mixed, and missing.
import { describe, expect, it, vi } from 'vitest'
import { FakeAudioContext, FakeNode } from '../../fakes/media'
import { at, key, open, pass, seek, Sound, stage, useReplay, VOICES } from '../../fakes/replay'

vi.mock('@/net/auth', () => import('../../fakes/auth'))
useReplay()

describe('the voices', () => {
  /** What of a recorded side is heard in an ear. */
  function heard(side: 0 | 1, ear: 0 | 1): number {
    const gains = FakeAudioContext.last.splitter.links.filter((link) => link.output === side)
    const way = gains.find((link) => link.to.links.some(({ input }) => input === ear))
    return (way!.to as FakeNode).gain.value
  }
  const state = () => stage.page.get('voices-state').dataset.state

  it('tell the time while they play, and are taken along', async () => {
    await open({ voices: true })
    expect(state()).toBe('ready')
    await seek(30_000)
    expect(Sound.last.currentTime).toBe(30)
    await stage.page.press('play')
    expect(Sound.last.paused).toBe(false)
    Sound.last.currentTime = 42
    await pass(50)
    expect(at()).toBe(42_000)
    await key(']')
    expect(Sound.last.playbackRate).toBe(1.25)
  })

  it('go student left and teacher right, each as loud as wished', async () => {
    await open({ voices: true })
    await stage.page.press('play')
    expect([heard(0, 0), heard(0, 1), heard(1, 0), heard(1, 1)]).toEqual([1, 0, 0, 1])
    await stage.page.type('volume-left', '0.5')
    await stage.page.press('mute-right')
    expect([heard(0, 0), heard(1, 1)]).toEqual([0.5, 0])
    await stage.page.press('mute-right')
    await stage.page.press('mono')
    expect(heard(0, 1)).toBeCloseTo(0.35)
    expect(heard(1, 0)).toBeCloseTo(0.7)
  })

  it('that cannot be played leave the board to the timer, and are tried again', async () => {
    Sound.broken = true
    await open({ voices: true })
    expect(state()).toBe('failed')
    await stage.page.press('play')
    await pass(2_000)
    expect(at()).toBeGreaterThan(1_900)
    Sound.broken = false
    await stage.page.press('voices-retry')
    await stage.page.settled()
    expect(state()).toBe('ready')
    expect(Sound.last.currentTime).toBeGreaterThan(1.9)
  })

  const progress = () => (stage.page.get('voices-progress') as HTMLProgressElement).value
  const offline = () => {
    throw new TypeError('no network')
  }

  it('are prepared while the board plays: how far is shown, then they are heard', async () => {
    stage.job = { state: 'queued', progress: 0 }
    await open({ voices: true })
    expect([state(), progress()]).toEqual(['waiting', 0])
    stage.job = { state: 'running', progress: 37 }
    await stage.page.press('play')
    await pass(2_000)
    expect([state(), progress()]).toEqual(['preparing', 37])
    expect(stage.page.text()).toContain('37 %')
    expect(at()).toBeGreaterThan(1_900)
    stage.job = { state: 'done', progress: 100 }
    await pass(1_000)
    expect(state()).toBe('ready')
    expect(Sound.last.currentTime).toBeGreaterThan(1.9)
  })

  it('may be left out by cancelling, and prepared later after all', async () => {
    stage.job = { state: 'running', progress: 10 }
    await open({ voices: true })
    await stage.page.press('voices-cancel')
    expect(state()).toBe('stopping')
    await pass(1_000)
    expect([state(), stage.job!.state]).toEqual(['stopping', 'cancelling'])
    stage.job = { state: 'cancelled', progress: 10 }
    await pass(1_000)
    expect(state()).toBe('cancelled')
    expect(stage.page.sees('voices-progress')).toBe(false)
    stage.job = null
    await stage.page.press('voices-retry')
    await stage.page.settled()
    expect(state()).toBe('ready')
  })

  it('go on being prepared when cancelling does not reach the server', async () => {
    stage.job = { state: 'running', progress: 10 }
    await open({ voices: true })
    stage.answers['POST /api/jobs/j_1/cancel'] = offline
    await stage.page.press('voices-cancel')
    expect(state()).toBe('preparing')
  })

  it.each([
    ['a lost network before it begins', `POST ${VOICES}`, offline],
    ['a lost network while it runs', '/api/jobs/j_1', offline],
    [
      'a server that has too much to do',
      `POST ${VOICES}`,
      () => new Response('{}', { status: 503, headers: { 'Retry-After': '4' } }),
    ],
  ])('wait out %s', async (_, path, trouble) => {
    stage.job = { state: 'running', progress: 50 }
    stage.answers[path] = trouble
    await open({ voices: true })
    await pass(3_000)
    expect(state()).toBe(path === '/api/jobs/j_1' ? 'waiting' : 'loading')
    stage.answers[path] = () => Response.json(path === '/api/jobs/j_1' ? stage.job : { job: 'j_1' })
    await pass(6_000)
    expect(state()).toBe('preparing')
    stage.job = { state: 'done', progress: 100 }
    await pass(1_000)
    expect(state()).toBe('ready')
  })

  it('that cannot be prepared are said to be so', async () => {
    stage.job = { state: 'failed', progress: 0 }
    await open({ voices: true })
    expect(state()).toBe('failed')
    stage.answers[`POST ${VOICES}`] = () => new Response('{}', { status: 404 })
    await stage.page.press('voices-retry')
    expect(state()).toBe('failed')
  })

  it('are asked for no more once the page is left', async () => {
    stage.job = { state: 'running', progress: 50 }
    await open({ voices: true })
    await stage.page.router.push('/auditor')
    await stage.page.settled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that were never recorded are said to be missing', async () => {
    await open()
    expect(state()).toBe('none')
    expect(stage.page.text()).toContain('No voice was recorded')
  })
})
