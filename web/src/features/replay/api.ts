// HTTP calls about one recording.
import { api as shared, ask, bytes, id } from '@/net/api'
import type { RecordedEvents, RecordedVoice, RecordingDetail } from '@/net/types'
import { checkEvent, decodeValue } from '@/wire/codec'

export const api = {
  photo: shared.photo,

  recording: (session: string) => ask<RecordingDetail>('GET', `/api/recordings/${id(session)}`),

  async recordedEvents(session: string, signal?: AbortSignal): Promise<RecordedEvents> {
    const answer = await bytes(`/api/recordings/${id(session)}/events`, signal)
    const value = decodeValue(await answer.arrayBuffer(), 256 * 1024 * 1024) as {
      duration_ms: number
      voices: RecordedVoice[]
      events: unknown[]
    }
    return { ...value, events: value.events.map(checkEvent) }
  },

  /** Ogg/Opus, student left, teacher right; make an object URL of it and revoke it after use. */
  recordedVoices: (session: string, signal?: AbortSignal): Promise<Blob> =>
    bytes(`/api/recordings/${id(session)}/voices`, signal).then((answer) => answer.blob()),
}
