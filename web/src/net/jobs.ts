// Long work on the server: how far a job is until it has ended, and cancelling it.
import { ask } from './api'
import type { Answer } from './described'
import { ApiError } from './http'

export type Job = Answer<'get', '/api/jobs/{job}'>

const LOOK_MS = 1000
const ENDED: readonly Job['state'][] = ['done', 'failed', 'cancelled']

/** Wait; over at once, without an error, when the signal is aborted. */
export function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}

/**
 * Look at a job each second and tell `seen`, until it has ended; return it then. A lost network and a
 * busy server are waited out. Null when the signal is aborted. Throws `ApiError`.
 */
export async function followJob(
  id: string,
  seen: (job: Job) => void,
  signal: AbortSignal,
): Promise<Job | null> {
  while (!signal.aborted) {
    try {
      const job = await ask('get', '/api/jobs/{job}', { path: { job: id } })
      if (signal.aborted) break
      seen(job)
      if (ENDED.includes(job.state)) return job
    } catch (error) {
      if (!passes(error)) throw error
    }
    await waited(LOOK_MS, signal)
  }
  return null
}

/** Stop it; what has ended stays as it is. */
export const cancelJob = (id: string): Promise<Job> =>
  ask('post', '/api/jobs/{job}/cancel', { path: { job: id } })

/** Whether asking again may help: the network is lost, or the server asks for patience. */
export function passes(error: unknown): error is ApiError {
  return error instanceof ApiError && [0, 429, 502, 503, 504].includes(error.status)
}
