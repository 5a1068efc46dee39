// How loud samples read on a level bar, and the meter that listens to a stream.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { levelOf } from '@/media/level'
import { FakeAudioContext, FakeStream, useFakeMedia } from '../fakes/media'

const tone = (amplitude: number) =>
  Float32Array.from({ length: 1024 }, (_, n) => amplitude * Math.sin(n / 3))

it('silence is nothing, speech is in between, shouting is full', () => {
  expect(levelOf(new Float32Array(1024))).toBe(0)
  expect(levelOf(tone(0.0005))).toBe(0)
  expect(levelOf(tone(0.05))).toBeGreaterThan(0.3)
  expect(levelOf(tone(0.05))).toBeLessThan(0.9)
  expect(levelOf(tone(1))).toBe(1)
  expect(levelOf(new Float32Array(0))).toBe(0)
})

describe('Meter', () => {
  afterEach(() => vi.unstubAllGlobals())

  async function fresh() {
    useFakeMedia()
    vi.resetModules()
    return await import('@/media/level')
  }

  it('reads the stream it watches, and nothing once it watches none', async () => {
    const { Meter } = await fresh()
    const meter = new Meter()
    expect(meter.read()).toBe(0)
    const stream = new FakeStream()
    FakeAudioContext.loudness.set(stream, 0.1)
    meter.watch(stream as unknown as MediaStream)
    expect(meter.read()).toBeCloseTo(0.8)
    meter.watch(null)
    expect(meter.read()).toBe(0)
    expect(FakeAudioContext.connected).toBe(0)
  })

  it('lets go of the stream before it takes another', async () => {
    const { Meter } = await fresh()
    const meter = new Meter()
    for (let n = 0; n < 3; n += 1) meter.watch(new FakeStream() as unknown as MediaStream)
    expect(FakeAudioContext.connected).toBe(1)
  })

  it('a stream without sound reads as silence', async () => {
    const { Meter } = await fresh()
    const meter = new Meter()
    meter.watch(new FakeStream([]) as unknown as MediaStream)
    expect(meter.read()).toBe(0)
  })

  it('works silently where there is no AudioContext', async () => {
    const { Meter, wakeAudio } = await fresh()
    vi.stubGlobal('AudioContext', undefined)
    wakeAudio()
    const meter = new Meter()
    meter.watch(new FakeStream() as unknown as MediaStream)
    expect(meter.read()).toBe(0)
  })

  it('wakes the context once, and makes only one', async () => {
    const { wakeAudio } = await fresh()
    wakeAudio()
    await Promise.resolve()
    wakeAudio()
    expect(FakeAudioContext.resumed).toBe(1)
  })
})
