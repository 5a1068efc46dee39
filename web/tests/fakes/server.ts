// An HTTP server of one line a route: `fetch` as the pages see it.
import { vi } from 'vitest'

export interface Answer {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

/** `answer` gets the JSON that was sent, too; returned is what was asked for, as `GET /path`. */
export function serve(answer: (method: string, path: string, json: unknown) => Answer | 'down') {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (path: string, init: RequestInit = {}) => {
    const method = init.method ?? 'GET'
    asked.push(`${method} ${path}`)
    await Promise.resolve()
    const json: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined
    const given = answer(method, path, json)
    if (given === 'down') throw new TypeError('Failed to fetch')
    const text = given.body === undefined ? null : JSON.stringify(given.body)
    return new Response(text, { status: given.status, headers: given.headers ?? {} })
  })
  return asked
}
