// HTTP calls of a signed-in person, each throws `ApiError`: the means, and what several features ask for.
import { auth } from './auth'
import { address, callWith, type Answer, type Method, type Rest, type With } from './described'
import { ApiError, errorOf, fetchOk, type RequestOptions } from './http'
import type { UploadedPhoto } from './types'

export { ApiError } from './http'

async function withToken<T>(call: (token: string) => Promise<T>): Promise<T> {
  try {
    return await call(await auth.token())
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'token_expired') throw error
    return await call(await auth.token(true))
  }
}

export function ask<M extends Method, P extends With<M>>(
  method: M,
  path: P,
  ...options: Rest<M, P>
): Promise<Answer<M, P>> {
  return withToken((token) => callWith({ token }, method, path, ...options))
}

export async function bytes(path: string, signal?: AbortSignal): Promise<Response> {
  const options: RequestOptions = signal ? { signal } : {}
  return withToken((token) => fetchOk('GET', path, { ...options, token }))
}

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

const PHOTOS = '/api/sessions/{session}/photos'

export const api = {
  uploadPhoto: (session: string, file: Blob, progress: (share: number) => void = () => {}) =>
    withToken((token) => upload(address(PHOTOS, { session }), file, token, progress)),

  photo: (session: string, photo: string): Promise<Blob> =>
    bytes(address(`${PHOTOS}/{photo}`, { session, photo })).then((answer) => answer.blob()),

  pens: () => ask('get', '/api/pens').then((answer) => answer.pens),
}
