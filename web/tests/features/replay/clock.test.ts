// The replay's clock: a timer alone, then the sound, and the passages between the two.
import { describe, expect, it } from 'vitest'
import { PlaybackClock } from '@/features/replay/clock'

class Timer {
  at = 0
  readonly read = (): number => this.at
}

class FakeSound {
  currentTime = 0
  playbackRate = 1
  playing = false
  constructor(
    readonly duration: number,
    private readonly allowed = true,
  ) {}
  play(): Promise<void> {
    if (!this.allowed) return Promise.reject(new Error('NotAllowedError'))
    this.playing = true
    return Promise.resolve()
  }
  pause(): void {
    this.playing = false
  }
}

describe('PlaybackClock', () => {
  it('goes by the timer while there is no sound, at its speed', () => {
    const timer = new Timer()
    const clock = new PlaybackClock(60_000, timer.read)
    timer.at = 5000
    expect(clock.now()).toBe(0)
    clock.play()
    timer.at = 7000
    expect(clock.now()).toBe(2000)
    clock.setSpeed(2)
    timer.at = 8000
    expect(clock.now()).toBe(4000)
    clock.pause()
    timer.at = 90_000
    expect(clock.now()).toBe(4000)
  })

  it('stops at the end and starts over when played again', () => {
    const timer = new Timer()
    const clock = new PlaybackClock(10_000, timer.read)
    clock.play()
    timer.at = 12_000
    expect(clock.now()).toBe(10_000)
    expect(clock.playing).toBe(false)
    clock.play()
    timer.at = 13_000
    expect(clock.now()).toBe(1000)
  })

  it('takes sound that arrives while playing to where the board is', () => {
    const timer = new Timer()
    const clock = new PlaybackClock(60_000, timer.read)
    clock.play()
    clock.setSpeed(1.5)
    timer.at = 10_000
    const sound = new FakeSound(60)
    clock.attach(sound)
    expect(sound.currentTime).toBe(15)
    expect(sound.playbackRate).toBe(1.5)
    expect(sound.playing).toBe(true)
    // From here the sound is the clock: a sound that waits holds the board too.
    timer.at = 20_000
    sound.currentTime = 15.5
    expect(clock.now()).toBe(15_500)
  })

  it('seeks the sound with it', () => {
    const clock = new PlaybackClock(60_000, new Timer().read)
    const sound = new FakeSound(60)
    clock.attach(sound)
    clock.seek(42_000)
    expect(sound.currentTime).toBe(42)
    expect(clock.now()).toBe(42_000)
    clock.seek(-3)
    expect(clock.now()).toBe(0)
  })

  it('goes on by the timer when the sound ends before the session does', () => {
    const timer = new Timer()
    const clock = new PlaybackClock(60_000, timer.read)
    const sound = new FakeSound(30)
    clock.attach(sound)
    clock.play()
    timer.at = 31_000
    sound.currentTime = 30
    expect(clock.now()).toBe(30_000)
    timer.at = 33_000
    expect(clock.now()).toBe(32_000)
    // And back into the sound.
    clock.seek(10_000)
    expect(sound.currentTime).toBe(10)
    expect(sound.playing).toBe(true)
    sound.currentTime = 10.25
    expect(clock.now()).toBe(10_250)
  })

  it('keeps playing the board when the browser will not play the sound', async () => {
    const timer = new Timer()
    const clock = new PlaybackClock(60_000, timer.read)
    clock.attach(new FakeSound(60, false))
    clock.play()
    await Promise.resolve()
    await Promise.resolve()
    timer.at = 2000
    expect(clock.now()).toBe(2000)
    expect(clock.playing).toBe(true)
  })
})
