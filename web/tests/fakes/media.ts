// The browser's media as a test holds it: microphone, streams, peer connections, sound, wake lock.
import { vi } from 'vitest'

export class FakeTrack extends EventTarget {
  kind = 'audio'
  enabled = true
  readyState: 'live' | 'ended' = 'live'

  stop(): void {
    this.readyState = 'ended'
  }

  /** The device was pulled out. */
  lose(): void {
    this.readyState = 'ended'
    this.dispatchEvent(new Event('ended'))
  }
}

export class FakeStream {
  // As the browser's own classes: no object that Vue would wrap.
  readonly [Symbol.toStringTag] = 'MediaStream'
  constructor(readonly tracks: FakeTrack[] = [new FakeTrack()]) {}
  getTracks = (): FakeTrack[] => this.tracks
  getAudioTracks = (): FakeTrack[] => this.tracks
}

/** What the browser says to each question for a microphone, in order; the last stays. */
export type MicAnswer = FakeTrack | 'denied' | 'none' | 'insecure' | Promise<FakeTrack>

export class FakeDevices extends EventTarget {
  asked = 0
  constructor(readonly answers: MicAnswer[]) {
    super()
  }

  getUserMedia = async (): Promise<FakeStream> => {
    const answer = this.answers[Math.min(this.asked, this.answers.length - 1)]!
    this.asked += 1
    if (answer === 'insecure') throw new TypeError('there is nothing to ask')
    if (answer === 'denied') throw new DOMException('no', 'NotAllowedError')
    if (answer === 'none') throw new DOMException('no', 'NotFoundError')
    return new FakeStream([await answer])
  }
}

export class FakeConnection {
  static all: FakeConnection[] = []
  static get last(): FakeConnection {
    return FakeConnection.all.at(-1)!
  }
  /** Set to make the next connections refuse the server's offers. */
  static refuses = false

  readonly [Symbol.toStringTag] = 'RTCPeerConnection'
  connectionState: RTCPeerConnectionState = 'new'
  localDescription: { sdp: string } | null = null
  offers: string[] = []
  closed = false
  played = 0
  ontrack: ((event: { streams: FakeStream[]; track: FakeTrack }) => void) | null = null
  onconnectionstatechange: (() => void) | null = null
  sent: (FakeTrack | null)[] = []
  transceiver = {
    direction: 'recvonly',
    sender: {
      replaceTrack: async (track: FakeTrack | null) => void this.sent.push(track),
    },
  }

  constructor() {
    FakeConnection.all.push(this)
  }

  getTransceivers = () => (this.offers.length > 0 ? [this.transceiver] : [])
  getReceivers = () => [{ getSynchronizationSources: () => Array(this.played) }]

  async setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    await Promise.resolve()
    if (FakeConnection.refuses) throw new DOMException('bad', 'InvalidAccessError')
    this.offers.push(sdp)
  }

  async createAnswer() {
    return { type: 'answer', sdp: `answer to ${this.offers.at(-1)}` }
  }

  async setLocalDescription(answer: { sdp: string }): Promise<void> {
    this.localDescription = answer
  }

  close(): void {
    this.closed = true
    this.connectionState = 'closed'
  }

  // --- the network's side --------------------------------------------------------------------

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state
    this.onconnectionstatechange?.()
  }

  speak(stream = new FakeStream()): FakeStream {
    this.ontrack?.({ streams: [stream], track: stream.tracks[0]! })
    return stream
  }
}

/** An audio element that plays, or that the browser holds back until somebody touches the page. */
export class FakeAudio {
  static last: FakeAudio
  static blocked = false
  autoplay = false
  volume = 1
  srcObject: unknown = null
  plays = 0
  paused = true

  constructor() {
    FakeAudio.last = this
  }

  async play(): Promise<void> {
    this.plays += 1
    if (FakeAudio.blocked) throw new DOMException('touch first', 'NotAllowedError')
    this.paused = false
  }

  pause(): void {
    this.paused = true
  }
}

/** A part of an AudioContext's graph; `links` are the ways the sound takes out of it. */
export class FakeNode {
  links: { to: FakeNode; output: number; input: number }[] = []
  gain = {
    value: 1,
    setValueAtTime() {},
    linearRampToValueAtTime() {},
    exponentialRampToValueAtTime() {},
  }
  frequency = { value: 0 }
  type = ''
  connect(to: FakeNode, output = 0, input = 0): FakeNode {
    this.links.push({ to, output, input })
    return to
  }
  start(): void {
    FakeAudioContext.tones.push(this.frequency.value)
  }
  stop(): void {}
}

/** An AudioContext whose analysers hear `loudness`, by stream. */
export class FakeAudioContext {
  static last: FakeAudioContext
  /** The tones that were struck, Hz. */
  static tones: number[] = []
  static loudness = new Map<unknown, number>()
  static resumed = 0
  static connected = 0
  state = 'suspended'
  currentTime = 0
  readonly destination = new FakeNode()
  readonly splitter = new FakeNode()

  constructor() {
    FakeAudioContext.last = this
  }

  createGain = () => new FakeNode()
  createOscillator = () => new FakeNode()
  createMediaElementSource = () => new FakeNode()
  createChannelSplitter = () => this.splitter
  createChannelMerger = () => new FakeNode()

  async close(): Promise<void> {
    this.state = 'closed'
  }

  async resume(): Promise<void> {
    FakeAudioContext.resumed += 1
    this.state = 'running'
  }

  createAnalyser() {
    const analyser = {
      fftSize: 0,
      stream: null as unknown,
      getFloatTimeDomainData(samples: Float32Array) {
        samples.fill(FakeAudioContext.loudness.get(analyser.stream) ?? 0)
      },
    }
    return analyser
  }

  createMediaStreamSource(stream: unknown) {
    return {
      connect: (analyser: { stream: unknown }) => {
        FakeAudioContext.connected += 1
        analyser.stream = stream
      },
      disconnect: () => (FakeAudioContext.connected -= 1),
    }
  }
}

export class FakeWakeLock {
  held = 0
  refused = false
  request = async () => {
    if (this.refused) throw new DOMException('battery', 'NotAllowedError')
    this.held += 1
    return { release: async () => void (this.held -= 1) }
  }
}

/** Put all of it into the page; returns what the test needs to hold. */
export function useFakeMedia(...answers: MicAnswer[]) {
  FakeConnection.all = []
  FakeConnection.refuses = false
  FakeAudio.blocked = false
  FakeAudioContext.loudness = new Map()
  FakeAudioContext.tones = []
  FakeAudioContext.resumed = FakeAudioContext.connected = 0
  const devices = new FakeDevices(answers.length > 0 ? answers : [new FakeTrack()])
  const wakeLock = new FakeWakeLock()
  vi.stubGlobal('RTCPeerConnection', FakeConnection)
  vi.stubGlobal('MediaStream', FakeStream)
  vi.stubGlobal('Audio', FakeAudio)
  vi.stubGlobal('AudioContext', FakeAudioContext)
  // On a page that came over http a browser has no devices at all to ask.
  const insecure = answers[0] === 'insecure'
  vi.stubGlobal('isSecureContext', !insecure)
  const mediaDevices = { value: insecure ? undefined : devices, configurable: true }
  Object.defineProperty(navigator, 'mediaDevices', mediaDevices)
  Object.defineProperty(navigator, 'wakeLock', { value: wakeLock, configurable: true })
  return { devices, wakeLock }
}

/** Let promises that wait for each other all come through. */
export async function calm(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve()
}
