// The two voices of a recording: prepared by a job of the server, fetched, played by one audio element, each side with its own volume.
import { reactive } from 'vue'
import { ApiError } from '@/net/http'
import { cancelJob, followJob, passes, waited, type Job } from '@/net/jobs'
import { api } from './api'
import type { PlaybackClock } from './clock'

export type Side = 'left' | 'right'

export interface VoicesView {
  /**
   * `none`: nothing was recorded; `failed` and `cancelled`: the board plays by the timer instead.
   * A job of the server does the preparing; `stopping`: it was told to end.
   */
  state:
    'waiting' | 'preparing' | 'stopping' | 'loading' | 'ready' | 'failed' | 'cancelled' | 'none'
  /** How much is prepared, 0 to 100. */
  progress: number
  volume: Record<Side, number>
  muted: Record<Side, boolean>
  /** Both voices in both ears. */
  mono: boolean
}

const STATE_OF: Partial<Record<Job['state'], VoicesView['state']>> = {
  queued: 'waiting',
  running: 'preparing',
  cancelling: 'stopping',
  cancelled: 'cancelled',
  failed: 'failed',
}
/** Between two requests while the server cannot be reached or has too much to do. */
const PATIENCE_MS = 5000

/** Two full voices in one ear would clip. */
const MONO_SHARE = 0.7

export class Voices {
  readonly view: VoicesView = reactive({
    state: 'loading',
    progress: 0,
    volume: { left: 1, right: 1 },
    muted: { left: false, right: false },
    mono: false,
  })
  private readonly session: string
  private readonly clock: PlaybackClock
  private readonly audio = new Audio()
  private readonly abort = new AbortController()
  private job: string | null = null
  private url: string | null = null
  private context: AudioContext | null = null
  private routes: { from: Side; to: Side; gain: GainNode }[] = []

  constructor(session: string, clock: PlaybackClock) {
    this.session = session
    this.clock = clock
    this.audio.preload = 'auto'
  }

  /** Fetch the sound and make it the clock's; the server may have to render it first. */
  async load(): Promise<void> {
    this.view.state = 'loading'
    try {
      if (!(await this.prepared())) return
      this.view.state = 'loading'
      const blob = await api.recordedVoices(this.session, this.abort.signal)
      if (this.abort.signal.aborted) return
      this.forgetUrl()
      this.url = URL.createObjectURL(blob)
      await this.open(this.url)
      if (this.abort.signal.aborted) return
      this.clock.attach(this.audio)
      this.view.state = 'ready'
    } catch (error) {
      if (this.abort.signal.aborted) return
      if (!(error instanceof ApiError) && !(error instanceof MediaTrouble)) throw error
      this.view.state = 'failed'
    }
  }

  /** Stop the preparing; who waits for the same voices is told too. */
  async cancel(): Promise<void> {
    if (!this.job) return
    const before = this.view.state
    this.view.state = 'stopping'
    try {
      await cancelJob(this.job)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (this.view.state === 'stopping') this.view.state = before
    }
  }

  none(): void {
    this.view.state = 'none'
  }

  /** To be called from a click: before one, browsers give no sound. */
  wake(): void {
    if (typeof AudioContext === 'undefined' || this.view.state !== 'ready') return
    if (!this.context) {
      this.context = new AudioContext()
      const source = this.context.createMediaElementSource(this.audio)
      const splitter = this.context.createChannelSplitter(2)
      const merger = this.context.createChannelMerger(2)
      source.connect(splitter)
      const sides: Side[] = ['left', 'right']
      for (const [output, from] of sides.entries()) {
        for (const [input, to] of sides.entries()) {
          const gain = this.context.createGain()
          splitter.connect(gain, output).connect(merger, 0, input)
          this.routes.push({ from, to, gain })
        }
      }
      merger.connect(this.context.destination)
      this.apply()
    }
    if (this.context.state === 'suspended') void this.context.resume()
  }

  setVolume(side: Side, volume: number): void {
    this.view.volume[side] = volume
    this.apply()
  }

  setMuted(side: Side, muted: boolean): void {
    this.view.muted[side] = muted
    this.apply()
  }

  setMono(mono: boolean): void {
    this.view.mono = mono
    this.apply()
  }

  close(): void {
    this.abort.abort()
    this.clock.detach()
    this.audio.removeAttribute('src')
    this.audio.load()
    this.forgetUrl()
    void this.context?.close()
    this.context = null
  }

  /** Whether the voices are there now; if not, the view says why. */
  private async prepared(): Promise<boolean> {
    this.job = await this.begun()
    if (!this.job) return !this.abort.signal.aborted
    this.view.progress = 0
    this.view.state = 'waiting'
    const ended = await followJob(
      this.job,
      (job) => {
        this.view.progress = job.progress
        this.view.state = STATE_OF[job.state] ?? 'loading'
      },
      this.abort.signal,
    )
    this.job = null
    return ended?.state === 'done'
  }

  /** The job that prepares, null when there is nothing to prepare. */
  private async begun(): Promise<string | null> {
    while (!this.abort.signal.aborted) {
      try {
        return await api.prepareVoices(this.session)
      } catch (error) {
        if (!passes(error)) throw error
        await waited((error.retryAfter ?? 0) * 1000 || PATIENCE_MS, this.abort.signal)
      }
    }
    return null
  }

  private apply(): void {
    for (const { from, to, gain } of this.routes) {
      const volume = this.view.muted[from] ? 0 : this.view.volume[from]
      gain.gain.value = this.view.mono ? volume * MONO_SHARE : from === to ? volume : 0
    }
  }

  private open(url: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.audio.onloadedmetadata = () => {
        const { duration } = this.audio
        if (Number.isFinite(duration) && duration > 0) resolve()
        else reject(new MediaTrouble('the sound has no length'))
      }
      this.audio.onerror = () => reject(new MediaTrouble('the sound cannot be decoded'))
      this.audio.src = url
    })
  }

  private forgetUrl(): void {
    if (this.url) URL.revokeObjectURL(this.url)
    this.url = null
  }
}

class MediaTrouble extends Error {}
