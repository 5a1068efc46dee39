// HTTP calls about one recording.
import { api as shared, ask, bytes } from '@/net/api'
import { address } from '@/net/described'
import type { RecordedEvents } from '@/net/types'
import { checkEvent, decodeValue } from '@/wire/codec'

export const api = {
  photo: shared.photo,

  recording: (session: string) => ask('get', '/api/recordings/{session}', { path: { session } }),

  async recordedEvents(session: string, signal?: AbortSignal): Promise<RecordedEvents> {
    const answer = await bytes(address('/api/recordings/{session}/events', { session }), signal)
    const value = decodeValue(await answer.arrayBuffer(), 256 * 1024 * 1024) as Omit<
      RecordedEvents,
      'events'
    > & {
      events: unknown[]
    }
    return { ...value, events: value.events.map(checkEvent) }
  },

  /** Has both voices prepared; the id of the job that does it, or null when they are there. */
  prepareVoices: (session: string): Promise<string | null> =>
    ask('post', '/api/recordings/{session}/voices', { path: { session } }).then(({ job }) => job),

  /** Ogg/Opus, student left, teacher right; make an object URL of it and revoke it after use. */
  recordedVoices: (session: string, signal?: AbortSignal): Promise<Blob> =>
    bytes(address('/api/recordings/{session}/voices', { session }), signal).then((answer) =>
      answer.blob(),
    ),
}
