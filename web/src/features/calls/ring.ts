// How a teacher notices a call: a soft tone, a flashing title, a notification of the system.
const PERIOD_MS = 2_400
const FLASH_MS = 1_000
/** Two notes, a major third apart, softly struck: heard across a room, startling nobody. */
const NOTES: readonly { hz: number; start: number }[] = [
  { hz: 659.25, start: 0 },
  { hz: 523.25, start: 0.28 },
  { hz: 659.25, start: 0.8 },
  { hz: 523.25, start: 1.08 },
]
const LOUDNESS = 0.16

export interface RingWords {
  /** Replaces the window's title now and then. */
  title: string
  /** Title and text of the system's notification. */
  notificationTitle: string
  notificationText: string
}

/** Rings from `start` to `stop`; both may be called at any time, also twice. */
export class Ring {
  private audio: AudioContext | null = null
  private notification: Notification | null = null
  private timers: number[] = []
  private titleBefore: string | null = null

  start(words: RingWords): void {
    this.stop()
    this.strike()
    this.timers.push(window.setInterval(() => this.strike(), PERIOD_MS))
    const before = document.title
    this.titleBefore = before
    let shown = false
    const flash = (): void => {
      shown = !shown
      document.title = shown ? words.title : before
    }
    flash()
    this.timers.push(window.setInterval(flash, FLASH_MS))
    if (document.hidden && notificationState() === 'granted') this.notify(words)
  }

  /** Two bars of the ring, for a teacher who wants to hear whether they would. */
  try(): void {
    this.strike()
  }

  stop(): void {
    for (const timer of this.timers) window.clearInterval(timer)
    this.timers = []
    if (this.titleBefore !== null) document.title = this.titleBefore
    this.titleBefore = null
    this.notification?.close()
    this.notification = null
  }

  /** Let go of the sound card. */
  close(): void {
    this.stop()
    void this.audio?.close()
    this.audio = null
  }

  private strike(): void {
    if (typeof AudioContext === 'undefined') return
    this.audio ??= new AudioContext()
    const audio = this.audio
    // A page nobody has clicked yet may not sound; the title and the notification still tell.
    if (audio.state === 'suspended') void audio.resume()
    if (audio.state !== 'running' && audio.currentTime > 0) return
    for (const note of NOTES) {
      const from = audio.currentTime + 0.02 + note.start
      const gain = audio.createGain()
      gain.gain.setValueAtTime(0, from)
      gain.gain.linearRampToValueAtTime(LOUDNESS, from + 0.03)
      gain.gain.exponentialRampToValueAtTime(0.001, from + 0.6)
      const tone = audio.createOscillator()
      tone.type = 'sine'
      tone.frequency.value = note.hz
      tone.connect(gain).connect(audio.destination)
      tone.start(from)
      tone.stop(from + 0.65)
    }
  }

  private notify(words: RingWords): void {
    try {
      this.notification = new Notification(words.notificationTitle, {
        body: words.notificationText,
        tag: 'inkcall-incoming',
        requireInteraction: true,
      })
      this.notification.onclick = () => {
        window.focus()
        this.notification?.close()
      }
    } catch {
      // Android's Chrome has the class but allows it only to service workers.
      this.notification = null
    }
  }
}

/** What the browser says about notifications; `unsupported` where there are none. */
export function notificationState(): NotificationPermission | 'unsupported' {
  return typeof Notification === 'undefined' ? 'unsupported' : Notification.permission
}
