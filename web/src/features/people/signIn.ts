// What the sign-in page decides: which error to show, how long to wait, where to go afterwards.

/** The word under `signin.error` for a refusal. */
export function errorKey(code: string, status: number): string {
  if (code === 'offline' || status === 502 || status === 504) return 'offline'
  if (code === 'wrong_password') return 'wrongPassword'
  if (status === 429) return 'throttled'
  if (status === 503) return 'draining'
  return 'other'
}

export function waitParts(seconds: number): { m: number; s: number } {
  return { m: Math.floor(seconds / 60), s: seconds % 60 }
}

/** The page asked for before signing in, when it is one of ours: `//host` would leave the site. */
export function safeNext(next: unknown): string | null {
  if (typeof next !== 'string' || next === '/') return null
  return /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : null
}
