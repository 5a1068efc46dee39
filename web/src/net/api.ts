// Typed helpers for every HTTP call of a signed-in person; each throws `ApiError`.
import { checkEvent, decodeValue } from '@/wire/codec'
import { auth } from './auth'
import { ApiError, errorOf, fetchOk, request, type RequestOptions } from './http'
import type {
  PairedPen,
  PastSessionRow,
  Person,
  RatingForm,
  RecordedEvents,
  RecordedVoice,
  RecordingDetail,
  RecordingRow,
  RecordingSearch,
  ReportForm,
  UploadedPhoto,
  Vocabulary,
} from './types'

export { ApiError } from './http'

const id = encodeURIComponent

async function withToken<T>(call: (token: string) => Promise<T>): Promise<T> {
  try {
    return await call(await auth.token())
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'token_expired') throw error
    return await call(await auth.token(true))
  }
}

function ask<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  return withToken((token) => request<T>(method, path, { ...options, token }))
}

async function bytes(path: string, signal?: AbortSignal): Promise<Response> {
  const options: RequestOptions = signal ? { signal } : {}
  return withToken((token) => fetchOk('GET', path, { ...options, token }))
}

let vocabulary: Promise<Vocabulary> | null = null

/** XMLHttpRequest, because fetch cannot tell how much of an upload has gone out. */
function upload(
  path: string,
  body: Blob,
  token: string,
  progress: (share: number) => void,
): Promise<UploadedPhoto> {
  return new Promise((resolve, reject) => {
    const http = new XMLHttpRequest()
    http.open('POST', path)
    http.setRequestHeader('Authorization', `Bearer ${token}`)
    http.setRequestHeader('Content-Type', body.type || 'application/octet-stream')
    http.timeout = 120_000
    http.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total)
    }
    http.onerror = () => reject(new ApiError('offline', '', 0))
    http.ontimeout = () => reject(new ApiError('offline', '', 0))
    http.onload = () => {
      const answer = new Response(http.responseText || null, {
        status: Math.max(200, http.status),
        headers: { 'Retry-After': http.getResponseHeader('Retry-After') ?? '' },
      })
      if (answer.ok) {
        answer.json().then(
          (value: UploadedPhoto) => resolve(value),
          () => reject(new ApiError('bad_answer', '', http.status)),
        )
      } else {
        errorOf(answer).then(reject, reject)
      }
    }
    http.send(body)
  })
}

export const api = {
  me: () => ask<Person>('GET', '/api/me'),

  vocabulary(): Promise<Vocabulary> {
    vocabulary ??= ask<Vocabulary>('GET', '/api/vocabulary').catch((error: unknown) => {
      vocabulary = null
      throw error
    })
    return vocabulary
  },

  mySessions: (limit = 50) =>
    ask<{ sessions: PastSessionRow[] }>('GET', `/api/sessions/mine?limit=${limit}`).then(
      (answer) => answer.sessions,
    ),

  sendRating: (session: string, form: RatingForm) =>
    ask<void>('POST', `/api/sessions/${id(session)}/rating`, { json: form }),

  sendReport: (session: string, form: ReportForm) =>
    ask<void>('POST', `/api/sessions/${id(session)}/report`, { json: form }),

  uploadPhoto: (session: string, file: Blob, progress: (share: number) => void = () => {}) =>
    withToken((token) => upload(`/api/sessions/${id(session)}/photos`, file, token, progress)),

  photo: (session: string, photo: string): Promise<Blob> =>
    bytes(`/api/sessions/${id(session)}/photos/${id(photo)}`).then((answer) => answer.blob()),

  recordings(search: RecordingSearch): Promise<{ recordings: RecordingRow[]; total: number }> {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(search)) {
      if (value !== undefined && value !== '') query.set(name, String(value))
    }
    return ask('GET', `/api/recordings?${query}`)
  },

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

  pens: () => ask<{ pens: PairedPen[] }>('GET', '/api/pens').then((answer) => answer.pens),

  confirmPen: (userCode: string) =>
    ask<void>('POST', '/api/pens/pairings/confirm', { json: { user_code: userCode } }),

  removePen: (pen: string) => ask<void>('DELETE', `/api/pens/${id(pen)}`),
}
