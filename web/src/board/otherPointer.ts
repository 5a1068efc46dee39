// The other side's pointer: it leaves when it has been still for a while, its name before that.
import { computed, onBeforeUnmount, shallowRef, watch } from 'vue'
import type { Pointer } from '@/net/types'
import type { Board } from '@/wire/messages'

const STAYS_MS = 2_000
/** There is one other side: whose pointer came is known after a moment. */
const NAMED_MS = 1_000

export interface Watched {
  pointer: () => Pointer | null
  /** The page that is seen here. */
  page: () => string | null
  board: () => Board
  /** Grows with every change of the board. */
  version: () => number
}

export function useOtherPointer(watched: Watched) {
  const shown = shallowRef<Pointer | null>(null)
  const fresh = shallowRef(false)
  let leaves: ReturnType<typeof setTimeout> | undefined
  let unnamed: ReturnType<typeof setTimeout> | undefined

  function hide(): void {
    clearTimeout(leaves)
    clearTimeout(unnamed)
    shown.value = null
    fresh.value = false
  }

  watch(
    () => [watched.pointer(), watched.page()] as const,
    ([pointer, page], before) => {
      if (!pointer || !pointer.visible || pointer.page !== page) return hide()
      // One that left does not come back because its page is turned to again.
      if (!shown.value && before && pointer === before[0]) return
      if (!shown.value) {
        fresh.value = true
        unnamed = setTimeout(() => (fresh.value = false), NAMED_MS)
      }
      shown.value = pointer
      clearTimeout(leaves)
      leaves = setTimeout(hide, STAYS_MS)
    },
    { immediate: true },
  )
  onBeforeUnmount(hide)

  /** Never over what is being written. */
  const named = computed(
    () => fresh.value && watched.version() >= 0 && !writes(watched.board(), shown.value?.member),
  )
  return { shown, named }
}

function writes(board: Board, member: string | undefined): boolean {
  return Object.values(board.strokes).some((stroke) => !stroke.ended && stroke.member === member)
}
