// The voice link over a fake peer connection: answering, mending what breaks, microphone, sound.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { VoiceLink } from '@/media/voice'
import { FakeAudio, FakeAudioContext, FakeConnection, FakeTrack } from '../fakes/media'
import { calm, useFakeMedia, type MicAnswer } from '../fakes/media'

type Sent = { type: string; leg?: string; sdp?: string; fresh?: boolean }

let sent: Sent[]
let socketUp: boolean
let media: ReturnType<typeof useFakeMedia>

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  sent = []
  socketUp = true
})
let link: VoiceLink | null = null
afterEach(() => {
  link?.close()
  link = null
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

async function start(...answers: MicAnswer[]): Promise<VoiceLink> {
  media = useFakeMedia(...answers)
  vi.resetModules()
  const { VoiceLink } = await import('@/media/voice')
  link = new VoiceLink((message) => {
    if (socketUp) sent.push(message)
    return socketUp
  })
  await calm()
  return link
}

async function offer(leg = 'l1', restart = false, sdp = `offer of ${leg}`) {
  link!.offered({ type: 'media_offer', leg, sdp, restart })
  await calm()
}

const of = (type: string) => sent.filter((message) => message.type === type)
const restarts = () => of('media_restart').map((message) => message.fresh)

describe('answering', () => {
  it('answers an offer at once with the microphone’s track, and both ways', async () => {
    const mic = new FakeTrack()
    const voice = await start(mic)
    expect(voice.view.state).toBe('idle')
    await offer()
    expect(sent).toEqual([{ type: 'media_answer', leg: 'l1', sdp: 'answer to offer of l1' }])
    expect(FakeConnection.last.transceiver.direction).toBe('sendrecv')
    expect(FakeConnection.last.sent).toContain(mic)
    expect(voice.view.state).toBe('connecting')
  })

  it('is connected when the connection is, and says so only then', async () => {
    const voice = await start()
    await offer()
    FakeConnection.last.become('connecting')
    expect(voice.view.state).toBe('connecting')
    FakeConnection.last.become('connected')
    expect(voice.view.state).toBe('connected')
    expect(restarts()).toEqual([])
  })

  it('waits for no permission: the track slips in when it is given', async () => {
    let allow = (_: FakeTrack) => {}
    const asked = new Promise<FakeTrack>((resolve) => (allow = resolve))
    const voice = await start(asked)
    expect(voice.view.mic).toBe('asking')
    await offer()
    expect(of('media_answer')).toHaveLength(1)
    expect(FakeConnection.last.transceiver.direction).toBe('sendrecv')
    const mic = new FakeTrack()
    allow(mic)
    await calm()
    expect(FakeConnection.last.sent.at(-1)).toBe(mic)
    expect(voice.view.mic).toBe('granted')
    expect(of('media_answer')).toHaveLength(1)
  })

  it('two offers in a row are answered in their order, each on its own leg', async () => {
    const voice = await start()
    voice.offered({ type: 'media_offer', leg: 'l1', sdp: 'one', restart: false })
    voice.offered({ type: 'media_offer', leg: 'l1', sdp: 'two', restart: true })
    await calm()
    await calm()
    expect(of('media_answer').map((message) => message.sdp)).toEqual([
      'answer to one',
      'answer to two',
    ])
    expect(FakeConnection.all.filter((pc) => pc.offers.length > 0)).toHaveLength(1)
  })

  it('an offer it cannot answer is asked for afresh', async () => {
    const quiet = vi.spyOn(console, 'error').mockImplementation(() => {})
    await start()
    FakeConnection.refuses = true
    await offer()
    expect(of('media_answer')).toEqual([])
    expect(restarts()).toEqual([true])
    expect(quiet).toHaveBeenCalled()
    FakeConnection.refuses = false
    await offer('l2')
    expect(of('media_answer')).toMatchObject([{ leg: 'l2' }])
  })

  it('in a browser without WebRTC it closes, and the call goes on', async () => {
    const voice = await start()
    voice.close()
    vi.stubGlobal('RTCPeerConnection', undefined)
    vi.resetModules()
    const { VoiceLink } = await import('@/media/voice')
    link = new VoiceLink((message) => Boolean(sent.push(message)))
    await offer()
    expect(link.view.state).toBe('closed')
    expect(sent).toEqual([])
  })
})

describe('mending', () => {
  it('gives a short break three seconds to mend itself, then asks for an ICE restart', async () => {
    const voice = await start()
    await offer()
    FakeConnection.last.become('connected')
    FakeConnection.last.become('disconnected')
    expect(voice.view.state).toBe('interrupted')
    await vi.advanceTimersByTimeAsync(2_900)
    expect(restarts()).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(restarts()).toEqual([false])
  })

  it('a break that mended itself asks for nothing', async () => {
    const voice = await start()
    await offer()
    FakeConnection.last.become('disconnected')
    await vi.advanceTimersByTimeAsync(1_000)
    FakeConnection.last.become('connected')
    await vi.advanceTimersByTimeAsync(30_000)
    expect(restarts()).toEqual([])
    expect(voice.view.state).toBe('connected')
  })

  it('asks at once when the connection failed, and for a new leg when that brought nothing', async () => {
    await start()
    await offer()
    FakeConnection.last.become('failed')
    expect(restarts()).toEqual([false])
    await vi.advanceTimersByTimeAsync(6_100)
    expect(restarts()).toEqual([false, true])
    await vi.advanceTimersByTimeAsync(6_100)
    expect(restarts()).toEqual([false, true, true])
  })

  it('answers the restart on the leg that stands, without a new connection', async () => {
    const voice = await start()
    await offer()
    const pc = FakeConnection.last
    pc.become('failed')
    await offer('l1', true, 'again')
    expect(pc.offers).toEqual(['offer of l1', 'again'])
    expect(of('media_answer').at(-1)).toMatchObject({ leg: 'l1', sdp: 'answer to again' })
    expect(voice.view.pc).toBe(pc)
    pc.become('connected')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(restarts()).toEqual([false])
  })

  it('a restart of a leg it does not know is answered by asking for a new one', async () => {
    await start()
    await offer('l9', true)
    expect(of('media_answer')).toEqual([])
    expect(restarts()).toEqual([true])
  })

  it('a fresh leg replaces the old connection and hears nothing of it any more', async () => {
    const voice = await start()
    await offer('l1')
    const old = FakeConnection.last
    old.become('connected')
    await offer('l2')
    const fresh = FakeConnection.last
    expect(old.closed).toBe(true)
    expect(fresh).not.toBe(old)
    expect(voice.view.state).toBe('connecting')
    old.become('failed')
    expect(voice.view.state).toBe('connecting')
    expect(restarts()).toEqual([])
    fresh.become('connected')
    expect(voice.view.state).toBe('connected')
  })

  it('asks on a change of network and on a socket that came back, but not before a leg stands', async () => {
    const voice = await start()
    window.dispatchEvent(new Event('online'))
    voice.socketResumed()
    expect(restarts()).toEqual([])
    await offer()
    window.dispatchEvent(new Event('online'))
    expect(restarts()).toEqual([false])
    voice.socketResumed()
    expect(restarts()).toEqual([false, false])
  })

  it('keeps asking while the socket is down, so that sound comes back with it', async () => {
    await start()
    await offer()
    socketUp = false
    FakeConnection.last.become('failed')
    await vi.advanceTimersByTimeAsync(13_000)
    expect(restarts()).toEqual([])
    socketUp = true
    await vi.advanceTimersByTimeAsync(6_100)
    expect(restarts()).toEqual([true])
  })
})

describe('the microphone', () => {
  it('muting silences the track, and a new microphone stays muted', async () => {
    const first = new FakeTrack()
    const second = new FakeTrack()
    const voice = await start(first, second)
    await offer()
    voice.setMuted(true)
    expect(first.enabled).toBe(false)
    first.lose()
    await calm()
    expect(FakeConnection.last.sent.at(-1)).toBe(second)
    expect(second.enabled).toBe(false)
    voice.setMuted(false)
    expect(second.enabled).toBe(true)
  })

  it('a lost device with no other one is told, and what comes later is used', async () => {
    const first = new FakeTrack()
    const other = new FakeTrack()
    const voice = await start(first, 'none', other)
    await offer()
    first.lose()
    await calm()
    expect(voice.view.mic).toBe('missing')
    expect(FakeConnection.last.sent.at(-1)).toBeNull()
    media.devices.dispatchEvent(new Event('devicechange'))
    await calm()
    expect(voice.view.mic).toBe('granted')
    expect(FakeConnection.last.sent.at(-1)).toBe(other)
  })

  it('refused, it only listens; granted afterwards, it asks for a leg that can speak', async () => {
    const mic = new FakeTrack()
    const voice = await start('denied', mic)
    expect(voice.view.mic).toBe('denied')
    await offer()
    expect(FakeConnection.last.transceiver.direction).toBe('recvonly')
    expect(of('media_answer')).toHaveLength(1)
    await voice.view.retryMic()
    expect(voice.view.mic).toBe('granted')
    expect(restarts()).toEqual([true])
    await offer('l2')
    expect(FakeConnection.last.transceiver.direction).toBe('sendrecv')
    expect(FakeConnection.last.sent.at(-1)).toBe(mic)
  })

  it('refused once more, it asks the server for nothing', async () => {
    const voice = await start('denied', 'denied')
    await offer()
    await voice.view.retryMic()
    expect(voice.view.mic).toBe('denied')
    expect(restarts()).toEqual([])
  })
})

describe('the sound', () => {
  it('plays what comes, and shows how loud both sides are', async () => {
    const voice = await start()
    await offer()
    const theirs = FakeConnection.last.speak()
    await calm()
    expect(FakeAudio.last.srcObject).toBe(theirs)
    expect(FakeAudio.last.paused).toBe(false)
    expect(voice.view.needsUnlock).toBe(false)
    FakeAudioContext.loudness.set(theirs, 0.1)
    await vi.advanceTimersByTimeAsync(200)
    expect(voice.view.remoteLevel).toBeGreaterThan(0.5)
    expect(voice.view.localLevel).toBe(0)
    expect(voice.firstSoundAt).not.toBeNull()
  })

  it('a frame that was played counts before anybody speaks', async () => {
    const voice = await start()
    await offer()
    await vi.advanceTimersByTimeAsync(100)
    expect(voice.firstFrameAt).toBeNull()
    FakeConnection.last.played = 1
    await vi.advanceTimersByTimeAsync(100)
    expect(voice.firstFrameAt).not.toBeNull()
    expect(voice.firstSoundAt).toBeNull()
  })

  it('a browser that holds the sound back lets it go at the first touch', async () => {
    const voice = await start()
    FakeAudio.blocked = true
    await offer()
    FakeConnection.last.speak()
    await calm()
    expect(voice.view.needsUnlock).toBe(true)
    FakeAudio.blocked = false
    document.dispatchEvent(new Event('pointerdown'))
    await calm()
    expect(voice.view.needsUnlock).toBe(false)
  })

  it('keeps the volume over a reload, and within its bounds', async () => {
    const voice = await start()
    voice.view.setVolume(0.4)
    expect(FakeAudio.last.volume).toBe(0.4)
    voice.view.setVolume(7)
    expect(voice.view.volume).toBe(1)
    voice.view.setVolume(0.25)
    voice.close()
    expect((await start()).view.volume).toBe(0.25)
    expect(FakeAudio.last.volume).toBe(0.25)
  })

  it.each(['loud', '-1', '12'])('a kept volume of %s is full volume', async (kept) => {
    localStorage.setItem('inkcall.volume', kept)
    expect((await start()).view.volume).toBe(1)
  })
})

describe('closing', () => {
  it('gives everything back: connection, microphone, screen, sound', async () => {
    const mic = new FakeTrack()
    const voice = await start(mic)
    await offer()
    FakeConnection.last.speak()
    expect(media.wakeLock.held).toBe(1)
    voice.close()
    await calm()
    expect(FakeConnection.all.every((pc) => pc.closed)).toBe(true)
    expect(mic.readyState).toBe('ended')
    expect(media.wakeLock.held).toBe(0)
    expect(FakeAudio.last.paused).toBe(true)
    expect(FakeAudioContext.connected).toBe(0)
    expect(voice.view.state).toBe('closed')
    expect(voice.view.remote).toBeNull()
  })

  it('asks for nothing and answers nothing any more', async () => {
    const voice = await start()
    await offer()
    FakeConnection.last.become('disconnected')
    voice.close()
    voice.close()
    const before = sent.length
    await offer('l2')
    window.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent).toHaveLength(before)
    expect(vi.getTimerCount()).toBe(0)
  })
})
