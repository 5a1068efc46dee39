// The clock of a replay: the recording's sound when there is one, a timer when there is none.
export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2] as const

/** What of an audio element the clock uses; seconds, as the element has them. */
export interface Sound {
  currentTime: number
  playbackRate: number
  readonly duration: number
  play(): Promise<void>
  pause(): void
}

/** Milliseconds that only grow, for example `performance.now`. */
export type Timer = () => number

export class PlaybackClock {
  private readonly durationMs: number
  private readonly timer: Timer
  private sound: Sound | null = null
  private rate = 1
  private running = false
  /** Where the clock stood, ms of the recording, when `timer` said `since`. */
  private base = 0
  private since = 0

  constructor(durationMs: number, timer: Timer = () => performance.now()) {
    this.durationMs = durationMs
    this.timer = timer
  }

  get playing(): boolean {
    return this.running
  }

  get speed(): number {
    return this.rate
  }

  /** Where the replay is, ms. Reaching the end stops the clock. */
  now(): number {
    const at = this.read()
    if (this.running && at >= this.durationMs) {
      this.hold(this.durationMs)
      this.running = false
      this.sound?.pause()
    }
    return Math.min(at, this.durationMs)
  }

  play(): void {
    if (this.running) return
    if (this.read() >= this.durationMs) this.seek(0)
    this.hold(this.read())
    this.running = true
    this.startSound()
  }

  pause(): void {
    this.hold(this.read())
    this.running = false
    this.sound?.pause()
  }

  seek(at: number): void {
    const target = Math.min(Math.max(at, 0), this.durationMs)
    this.hold(target)
    if (!this.sound) return
    if (this.covers(target)) {
      this.sound.currentTime = target / 1000
      if (this.running) this.startSound()
    } else {
      this.sound.pause()
    }
  }

  setSpeed(rate: number): void {
    this.hold(this.read())
    this.rate = rate
    if (this.sound) this.sound.playbackRate = rate
  }

  /** From now on the sound tells the time; it is taken to where the timer has come. */
  attach(sound: Sound): void {
    this.hold(this.read())
    this.sound = sound
    sound.playbackRate = this.rate
    if (this.covers(this.base)) sound.currentTime = this.base / 1000
    if (this.running) this.startSound()
  }

  /** Back to the timer, for example because the sound could not be played. */
  detach(): void {
    this.hold(this.read())
    this.sound?.pause()
    this.sound = null
  }

  private startSound(): void {
    const sound = this.sound
    if (!sound || !this.covers(this.base)) return
    // A browser refuses to play before the first click on the page; the board then goes on silently.
    sound.play().catch(() => {
      if (this.sound === sound) this.detach()
    })
  }

  private read(): number {
    if (!this.running) return this.base
    if (!this.sound || !this.covers(this.base)) {
      return this.base + (this.timer() - this.since) * this.rate
    }
    const byElement = this.sound.currentTime * 1000
    // The sound may be shorter than the session (nobody's voice was up at the end): the timer
    // takes over where it stops.
    const soundEnd = this.sound.duration * 1000
    if (byElement < soundEnd - 1) return byElement
    this.hold(soundEnd)
    return soundEnd
  }

  private covers(at: number): boolean {
    return this.sound !== null && at < this.sound.duration * 1000 - 1
  }

  private hold(at: number): void {
    this.base = at
    this.since = this.timer()
  }
}
