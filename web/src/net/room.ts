// A session's room on this page: its link, members, board, chat, voice, and what one does in it.
import type { SessionReady } from '@/wire/messages'
import type { Room } from './types'

export type { Room } from './types'

/** The room of `ready`; the same object for the same session until `leave()` or the end. */
export function useRoom(ready: SessionReady): Room {
  throw new Error(`the room of ${ready.session} comes with the next commit`)
}
