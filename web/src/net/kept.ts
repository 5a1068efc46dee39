// What a tab keeps of a room over a reload: its source, and what it had not got through yet.
import type { Operation } from '@/wire/messages'

export interface Kept {
  source: string
  operations: Operation[]
}

function keyOf(session: string): string {
  return `inkcall.room.${session}`
}

/** What an earlier life of this tab kept of the session, or a new source. */
export function recall(session: string): Kept {
  try {
    const kept = JSON.parse(sessionStorage.getItem(keyOf(session)) ?? 'null') as Kept | null
    if (kept && typeof kept.source === 'string' && Array.isArray(kept.operations)) return kept
  } catch {
    // Unreadable is the same as nothing kept.
  }
  const random = crypto.getRandomValues(new Uint32Array(2))
  return { source: `web-${random[0]!.toString(36)}${random[1]!.toString(36)}`, operations: [] }
}

export function remember(session: string, kept: Kept): void {
  try {
    sessionStorage.setItem(keyOf(session), JSON.stringify(kept))
  } catch {
    // Too much to keep (some browsers hold 5 MB): the source still lets the tab come back.
    sessionStorage.setItem(keyOf(session), JSON.stringify({ source: kept.source, operations: [] }))
  }
}

export function forget(session: string): void {
  sessionStorage.removeItem(keyOf(session))
}
