// One JSON request and its errors; knows nothing of who is signed in.

/** What the server refused, or `offline` (status 0) when it could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly text: string,
    readonly status: number,
    /** Seconds to wait, when the server said so (Retry-After). */
    readonly retryAfter: number | null = null,
  ) {
    super(`${status} ${code}`)
    this.name = 'ApiError'
  }
}

export interface RequestOptions {
  json?: unknown
  token?: string
  signal?: AbortSignal
}

export async function errorOf(answer: Response): Promise<ApiError> {
  let code = `http_${answer.status}`
  let text = ''
  try {
    const body = (await answer.json()) as { error?: { code?: unknown; text?: unknown } }
    if (typeof body.error?.code === 'string') code = body.error.code
    if (typeof body.error?.text === 'string') text = body.error.text
  } catch {
    // Not our JSON: a proxy's page, most likely. The status alone has to do.
  }
  const retry = Number(answer.headers.get('Retry-After'))
  return new ApiError(code, text, answer.status, retry > 0 ? retry : null)
}

/** The answer itself when it is a success; `ApiError` otherwise. */
export async function fetchOk(method: string, path: string, options: RequestOptions = {}) {
  const headers: Record<string, string> = {}
  if (options.token) headers.Authorization = `Bearer ${options.token}`
  const init: RequestInit = { method, headers, credentials: 'same-origin' }
  if (options.signal) init.signal = options.signal
  if (options.json !== undefined) {
    headers['Content-Type'] = 'application/json'
    init.body = JSON.stringify(options.json)
  }
  let answer: Response
  try {
    answer = await fetch(path, init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError('offline', '', 0)
  }
  if (!answer.ok) throw await errorOf(answer)
  return answer
}

export async function request<T>(
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  const answer = await fetchOk(method, path, options)
  if (answer.status === 204) return undefined as T
  try {
    return (await answer.json()) as T
  } catch {
    throw new ApiError('bad_answer', '', answer.status)
  }
}
