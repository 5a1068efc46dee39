// The voice link of one room: answers the server's offers, plays what comes, restarts what breaks.
//
//   idle ──offer──> connecting ──ICE+DTLS──> connected ──loss──> interrupted ──restart──> connected
//     any of them ──close()──> closed
import { reactive } from 'vue'
import type { MediaAnswer, MediaOffer, MediaRestart } from '@/wire/messages'
import type { Voice } from './types'
import { Awake } from './awake'
import { Meter, wakeAudio } from './level'
import {
  askMicrophone,
  microphone,
  microphoneTrack,
  onMicrophone,
  prepareMicrophone,
  releaseMicrophone,
} from './microphone'

/** `disconnected` mends itself more often than not: wait before asking for an ICE restart. */
const DISCONNECTED_MS = 3_000
/** A restart that brought nothing within this: ask for a new leg. */
const RESTART_MS = 6_000
const LEVEL_EVERY_MS = 100
/** Until the first sound came: how soon it came is a figure people ask for. */
const LISTEN_EVERY_MS = 20
const VOLUME_KEY = 'inkcall.volume'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function keptVolume(): number {
  const kept = Number(localStorage.getItem(VOLUME_KEY) ?? '1')
  return kept >= 0 && kept <= 1 ? kept : 1
}

export class VoiceLink {
  readonly view: Mutable<Voice>
  /** performance.timeOrigin based ms at which the first sound of the other side was there. */
  firstSoundAt: number | null = null
  /** The same of the first audio frame that was played, silent or not. */
  firstFrameAt: number | null = null
  private pc: RTCPeerConnection | null = null
  private leg: string | null = null
  private prepared: RTCPeerConnection | null = null
  private recvOnly = false
  private chain: Promise<void> = Promise.resolve()
  private closed = false
  private restartTimer: ReturnType<typeof setTimeout> | undefined
  private levelTimer: ReturnType<typeof setInterval> | undefined
  private listenTimer: ReturnType<typeof setInterval> | undefined
  private readonly audio = new Audio()
  private readonly localMeter = new Meter()
  private readonly remoteMeter = new Meter()
  private readonly awake = new Awake()
  private readonly forget: () => void

  constructor(private readonly send: (message: MediaAnswer | MediaRestart) => boolean) {
    this.view = reactive<Mutable<Voice>>({
      state: 'idle',
      mic: microphone.state,
      muted: false,
      localLevel: 0,
      remoteLevel: 0,
      volume: keptVolume(),
      needsUnlock: false,
      remote: null,
      pc: null,
      setVolume: (volume) => this.setVolume(volume),
      unlock: () => this.unlock(),
      retryMic: () => this.retryMic(),
    })
    this.audio.autoplay = true
    this.audio.volume = this.view.volume
    this.forget = onMicrophone((track) => this.useTrack(track))
    this.prepared = this.makeConnection()
    prepareMicrophone()
    this.useTrack(microphoneTrack())
    this.awake.on()
    this.levelTimer = setInterval(() => this.readLevels(), LEVEL_EVERY_MS)
    this.listenTimer = setInterval(() => this.listen(), LISTEN_EVERY_MS)
    document.addEventListener('pointerdown', this.touched)
    document.addEventListener('keydown', this.touched)
    window.addEventListener('online', this.networkChanged)
    connection()?.addEventListener?.('change', this.networkChanged)
  }

  /** The server offers a leg: a new one, or an ICE restart of the one that stands. */
  offered(offer: MediaOffer): void {
    // One at a time: a second offer must not overtake the answer to the first.
    this.chain = this.chain
      .then(() => this.answer(offer))
      .catch((error: unknown) => {
        if (this.closed) return
        console.error('voice: the offer could not be answered', error)
        this.ask(true)
      })
  }

  /** The room's socket came back after a loss: addresses may have changed with it. */
  socketResumed(): void {
    if (this.leg) this.ask(false)
  }

  setMuted(muted: boolean): void {
    this.view.muted = muted
    const track = microphoneTrack()
    if (track) track.enabled = !muted
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.forget()
    clearTimeout(this.restartTimer)
    clearInterval(this.levelTimer)
    clearInterval(this.listenTimer)
    document.removeEventListener('pointerdown', this.touched)
    document.removeEventListener('keydown', this.touched)
    window.removeEventListener('online', this.networkChanged)
    connection()?.removeEventListener?.('change', this.networkChanged)
    this.dropConnection()
    this.prepared?.close()
    this.prepared = null
    this.localMeter.watch(null)
    this.remoteMeter.watch(null)
    this.audio.pause()
    this.audio.srcObject = null
    this.awake.off()
    releaseMicrophone()
    Object.assign(this.view, { state: 'closed', localLevel: 0, remoteLevel: 0, remote: null })
  }

  private makeConnection(): RTCPeerConnection | null {
    if (typeof RTCPeerConnection === 'undefined') return null
    return new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' })
  }

  private async answer(offer: MediaOffer): Promise<void> {
    if (this.closed) return
    if (!(offer.restart && offer.leg === this.leg && this.pc)) {
      if (offer.restart) return this.ask(true)
      this.begin(offer.leg)
    }
    const pc = this.pc
    if (!pc) return
    await pc.setRemoteDescription({ type: 'offer', sdp: offer.sdp })
    const transceiver = pc.getTransceivers()[0]
    if (transceiver) {
      // Without a microphone yet the answer still says sendrecv: its track slips in later with no
      // new negotiation, so nobody waits for a permission dialogue to hear the other side.
      this.recvOnly = ['denied', 'missing', 'insecure'].includes(microphone.state)
      transceiver.direction = this.recvOnly ? 'recvonly' : 'sendrecv'
      await transceiver.sender.replaceTrack(microphoneTrack())
    }
    await pc.setLocalDescription(await pc.createAnswer())
    if (this.pc !== pc || !pc.localDescription) return
    // The server is ICE-lite and learns our addresses from our checks: no candidates to wait for.
    this.send({ type: 'media_answer', leg: offer.leg, sdp: pc.localDescription.sdp })
  }

  private begin(leg: string): void {
    this.dropConnection()
    const pc = this.prepared ?? this.makeConnection()
    this.prepared = null
    this.leg = leg
    this.pc = pc
    this.view.pc = pc
    this.view.state = pc ? 'connecting' : 'closed'
    if (!pc) return
    pc.ontrack = (event) => this.hear(event.streams[0] ?? new MediaStream([event.track]))
    pc.onconnectionstatechange = () => {
      if (this.pc === pc) this.connectionChanged(pc.connectionState)
    }
  }

  private dropConnection(): void {
    const pc = this.pc
    this.pc = null
    this.leg = null
    this.view.pc = null
    if (!pc) return
    pc.ontrack = pc.onconnectionstatechange = null
    pc.close()
  }

  private connectionChanged(state: RTCPeerConnectionState): void {
    if (state === 'connected') {
      clearTimeout(this.restartTimer)
      this.restartTimer = undefined
      this.view.state = 'connected'
    } else if (state === 'disconnected') {
      this.view.state = 'interrupted'
      this.restartIn(DISCONNECTED_MS, false)
    } else if (state === 'failed') {
      this.view.state = 'interrupted'
      this.ask(false)
    }
  }

  private restartIn(ms: number, fresh: boolean): void {
    clearTimeout(this.restartTimer)
    this.restartTimer = setTimeout(() => {
      if (this.pc?.connectionState !== 'connected') this.ask(fresh)
    }, ms)
  }

  private ask(fresh: boolean): void {
    if (this.closed) return
    this.send({ type: 'media_restart', fresh })
    // Also when the socket is down and this went nowhere: it is asked again until there is sound.
    this.restartIn(RESTART_MS, true)
  }

  private networkChanged = (): void => {
    if (this.leg) this.ask(false)
  }

  private useTrack(track: MediaStreamTrack | null): void {
    this.view.mic = microphone.state
    if (track) track.enabled = !this.view.muted
    this.localMeter.watch(track ? new MediaStream([track]) : null)
    const sender = this.pc?.getTransceivers()[0]?.sender
    sender?.replaceTrack(track).catch((error: unknown) => console.error('voice: track', error))
  }

  private hear(stream: MediaStream): void {
    this.view.remote = stream
    this.audio.srcObject = stream
    this.remoteMeter.watch(stream)
    this.play()
  }

  private play(): void {
    this.audio.play().then(
      () => {
        this.view.needsUnlock = false
      },
      (error: unknown) => {
        if (error instanceof DOMException && error.name === 'NotAllowedError') {
          this.view.needsUnlock = true
        }
      },
    )
  }

  private touched = (): void => {
    wakeAudio()
    if (this.view.needsUnlock) this.play()
  }

  private async unlock(): Promise<void> {
    this.touched()
    await Promise.resolve()
  }

  private async retryMic(): Promise<void> {
    const track = await askMicrophone()
    this.view.mic = microphone.state
    // An answer that said recvonly cannot be amended: the server has to offer anew.
    if (track && this.recvOnly && this.pc) this.ask(true)
  }

  private setVolume(volume: number): void {
    const bounded = Math.min(1, Math.max(0, volume))
    this.view.volume = bounded
    this.audio.volume = bounded
    localStorage.setItem(VOLUME_KEY, String(bounded))
  }

  private readLevels(): void {
    this.view.mic = microphone.state
    this.view.localLevel = this.view.muted ? 0 : round(this.localMeter.read())
    this.view.remoteLevel = round(this.remoteMeter.read())
  }

  private listen(): void {
    // A frame counts once it was played, loud or not; sound needs somebody to speak.
    const played = this.pc?.getReceivers()[0]?.getSynchronizationSources().length ?? 0
    if (played > 0) this.firstFrameAt ??= performance.timeOrigin + performance.now()
    if (this.remoteMeter.read() === 0) return
    this.firstSoundAt = performance.timeOrigin + performance.now()
    clearInterval(this.listenTimer)
  }
}

/** Two digits are all a bar shows; a steadier number also re-renders less. */
function round(level: number): number {
  return Math.round(level * 50) / 50
}

function connection(): EventTarget | undefined {
  return (navigator as Navigator & { connection?: EventTarget }).connection
}
