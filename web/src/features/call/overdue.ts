// A session whose time is up while the server cannot be heard: nobody will come to say that it is over.
import { onBeforeUnmount, watch } from 'vue'
import type { Room } from '@/net/types'

/** How long after the end its word may take on a slow network. */
export const LATE_WORD_MS = 5_000

/** Calls `over` once the time is up, the word of the end has not come and the link is lost. */
export function whenOverdue(room: () => Room | null, over: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    () => {
      const of = room()
      return of && !of.ended && of.link === 'lost' ? of.endsAt : null
    },
    (endsAt) => {
      clearTimeout(timer)
      if (endsAt === null) return
      timer = setTimeout(over, Math.max(0, endsAt + LATE_WORD_MS - Date.now()))
    },
    { immediate: true },
  )
  onBeforeUnmount(() => clearTimeout(timer))
}
