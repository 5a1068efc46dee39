// The microphone: asked for once, given back, taken over by the next device, refused and granted.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { calm, FakeTrack, useFakeMedia, type MicAnswer } from '../fakes/media'

let devices: ReturnType<typeof useFakeMedia>['devices']
let told: unknown[]

async function fresh(...answers: MicAnswer[]) {
  ;({ devices } = useFakeMedia(...answers))
  vi.resetModules()
  return await import('@/media/microphone')
}

beforeEach(() => {
  told = []
})
afterEach(() => vi.unstubAllGlobals())

describe('the microphone', () => {
  it('is asked for once, however many want it', async () => {
    const mic = await fresh()
    mic.prepareMicrophone()
    const [one, two] = await Promise.all([mic.askMicrophone(), mic.askMicrophone()])
    expect(one).toBe(two)
    expect(devices.asked).toBe(1)
    mic.prepareMicrophone()
    expect(devices.asked).toBe(1)
    expect(mic.microphone.state).toBe('granted')
  })

  it.each([
    ['denied', 'denied'],
    ['none', 'missing'],
  ] as const)('%s is said as %s and gives no track', async (answer, state) => {
    const mic = await fresh(answer)
    mic.onMicrophone((track) => told.push(track))
    expect(await mic.askMicrophone()).toBeNull()
    expect(mic.microphone.state).toBe(state)
    expect(mic.microphoneTrack()).toBeNull()
    expect(told).toEqual([null])
  })

  it('on a page that did not come over HTTPS it is the page that is wrong', async () => {
    const mic = await fresh('insecure')
    expect(await mic.askMicrophone()).toBeNull()
    expect(mic.microphone.state).toBe('insecure')
  })

  it('a browser that knows no microphones is told apart from that', async () => {
    const mic = await fresh()
    Object.defineProperty(navigator, 'mediaDevices', { value: undefined, configurable: true })
    expect(await mic.askMicrophone()).toBeNull()
    expect(mic.microphone.state).toBe('missing')
  })

  it('refused and then allowed, it is there', async () => {
    const track = new FakeTrack()
    const mic = await fresh('denied', track)
    mic.onMicrophone((now) => told.push(now))
    await mic.askMicrophone()
    const asking = mic.askMicrophone()
    expect(mic.microphone.state).toBe('asking')
    expect(await asking).toBe(track)
    expect(told).toEqual([null, track])
  })

  it('a new device takes over from the one pulled out', async () => {
    const [first, second] = [new FakeTrack(), new FakeTrack()]
    const mic = await fresh(first, second)
    mic.onMicrophone((now) => told.push(now))
    await mic.askMicrophone()
    first.lose()
    expect(mic.microphoneTrack()).toBeNull()
    await calm()
    expect(mic.microphoneTrack()).toBe(second)
    expect(told).toEqual([first, second])
  })

  it('given back, its light goes out and a lost track asks for nothing', async () => {
    const track = new FakeTrack()
    const mic = await fresh(track)
    await mic.askMicrophone()
    mic.releaseMicrophone()
    expect(track.readyState).toBe('ended')
    expect(mic.microphone.state).toBe('idle')
    track.lose()
    await calm()
    expect(devices.asked).toBe(1)
  })

  it('given back while the browser still asks, it is let go when it comes', async () => {
    let allow = (_: FakeTrack) => {}
    const mic = await fresh(new Promise<FakeTrack>((resolve) => (allow = resolve)))
    mic.onMicrophone((now) => told.push(now))
    const asking = mic.askMicrophone()
    mic.releaseMicrophone()
    const late = new FakeTrack()
    allow(late)
    expect(await asking).toBeNull()
    expect(late.readyState).toBe('ended')
    expect(mic.microphone.state).toBe('idle')
    expect(told).toEqual([])
  })

  it('a device plugged in switches on no microphone nobody wants', async () => {
    const mic = await fresh('none', new FakeTrack())
    await mic.askMicrophone()
    devices.dispatchEvent(new Event('devicechange'))
    expect(devices.asked).toBe(1)
    const stop = mic.onMicrophone(() => {})
    devices.dispatchEvent(new Event('devicechange'))
    expect(devices.asked).toBe(2)
    await calm()
    devices.dispatchEvent(new Event('devicechange'))
    expect(devices.asked).toBe(2)
    stop()
  })

  it('who stopped listening is told nothing more', async () => {
    const mic = await fresh()
    mic.onMicrophone((track) => told.push(track))()
    await mic.askMicrophone()
    expect(told).toEqual([])
  })
})
