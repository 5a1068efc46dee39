// What pages see of the media layer: microphone and voice.
export type MicState = 'idle' | 'asking' | 'granted' | 'denied' | 'missing' | 'insecure'
export type VoiceState = 'idle' | 'connecting' | 'connected' | 'interrupted' | 'closed'

/** Reactive: read its fields in templates and watchers as they are. */
export interface Voice {
  readonly state: VoiceState
  readonly mic: MicState
  readonly muted: boolean
  /** 0 to 1, for a level bar. */
  readonly localLevel: number
  readonly remoteLevel: number
  readonly volume: number
  /** The browser will not play sound before the user touches the page. */
  readonly needsUnlock: boolean
  readonly remote: MediaStream | null
  readonly pc: RTCPeerConnection | null
  setVolume(volume: number): void
  unlock(): Promise<void>
  /** Ask for the microphone again after a refusal. */
  retryMic(): Promise<void>
}
