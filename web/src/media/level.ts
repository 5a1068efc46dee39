// How loud a stream is, 0 to 1, for the level bars.

/** -60 dBFS reads as 0 and -10 dBFS as 1: speech then fills the bar. */
const FLOOR_DB = -60
const TOP_DB = -10

export function levelOf(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const rms = Math.sqrt(sum / Math.max(1, samples.length))
  if (rms === 0) return 0
  const db = 20 * Math.log10(rms)
  return Math.min(1, Math.max(0, (db - FLOOR_DB) / (TOP_DB - FLOOR_DB)))
}

let context: AudioContext | null = null

/** Browsers start an AudioContext only after the user touched the tab; call this when they did. */
export function wakeAudio(): void {
  if (typeof AudioContext === 'undefined') return
  context ??= new AudioContext()
  if (context.state === 'suspended') context.resume().catch(() => undefined)
}

export class Meter {
  private source: MediaStreamAudioSourceNode | null = null
  private analyser: AnalyserNode | null = null
  private samples = new Float32Array(1024)

  watch(stream: MediaStream | null): void {
    this.source?.disconnect()
    this.source = null
    this.analyser = null
    wakeAudio()
    if (!stream || !context || stream.getAudioTracks().length === 0) return
    this.analyser = context.createAnalyser()
    this.analyser.fftSize = 1024
    this.source = context.createMediaStreamSource(stream)
    this.source.connect(this.analyser)
  }

  read(): number {
    if (!this.analyser) return 0
    this.analyser.getFloatTimeDomainData(this.samples)
    return levelOf(this.samples)
  }
}
