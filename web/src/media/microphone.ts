// The microphone of this tab, asked for once and shared by the calls that follow each other.
import { reactive } from 'vue'
import { pageIsSecure } from './secure'
import type { MicState } from './types'

const WANTED: MediaStreamConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
}

export const microphone = reactive({ state: 'idle' as MicState })

let track: MediaStreamTrack | null = null
let asking: Promise<MediaStreamTrack | null> | null = null
let era = 0
const listeners = new Set<(track: MediaStreamTrack | null) => void>()

function tell(): void {
  for (const listener of listeners) listener(track)
}

function take(stream: MediaStream): MediaStreamTrack | null {
  track?.stop()
  track = stream.getAudioTracks()[0] ?? null
  const mine = track
  // A headset that was pulled out ends its track; the next device takes over.
  mine?.addEventListener('ended', () => {
    if (track === mine) void askMicrophone()
  })
  microphone.state = mine ? 'granted' : 'missing'
  tell()
  return mine
}

/** Ask the browser for a microphone; resolves to null when it is refused or there is none. */
export function askMicrophone(): Promise<MediaStreamTrack | null> {
  if (asking) return asking
  const mine = ++era
  const media = navigator.mediaDevices as MediaDevices | undefined
  if (!media) {
    // Browsers hide the microphone from pages that did not come over HTTPS.
    microphone.state = pageIsSecure() ? 'missing' : 'insecure'
    return Promise.resolve(null)
  }
  if (microphone.state !== 'granted') microphone.state = 'asking'
  asking = media
    .getUserMedia(WANTED)
    .then(
      (stream) => {
        if (mine !== era) {
          for (const late of stream.getTracks()) late.stop()
          return null
        }
        return take(stream)
      },
      (error: unknown) => {
        if (mine !== era) return null
        const name = error instanceof DOMException ? error.name : ''
        const refused = name === 'NotAllowedError' || name === 'SecurityError'
        microphone.state = refused ? 'denied' : 'missing'
        track = null
        tell()
        return null
      },
    )
    .finally(() => {
      asking = null
    })
  return asking
}

/** Ask early (when a call rings or is made), so that sound is there when the room is. */
export function prepareMicrophone(): void {
  if (track?.readyState !== 'live') void askMicrophone()
}

export function microphoneTrack(): MediaStreamTrack | null {
  return track?.readyState === 'live' ? track : null
}

/** Be told of every new track (null: lost). Returns how to stop being told. */
export function onMicrophone(listener: (track: MediaStreamTrack | null) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** No call any more: give the microphone back, so that the browser's red dot goes out. */
export function releaseMicrophone(): void {
  era += 1
  asking = null
  track?.stop()
  track = null
  microphone.state = 'idle'
}

navigator.mediaDevices?.addEventListener?.('devicechange', () => {
  // Only when a call wants sound: a device change must not switch a microphone on by itself.
  if (listeners.size === 0) return
  if (microphone.state === 'missing' || (track && track.readyState !== 'live')) void askMicrophone()
})
