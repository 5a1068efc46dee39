// The page that was asked for and whose file did not come: said, and asked for again.
import { shallowRef } from 'vue'
import type { RouteLocationNormalized, Router } from 'vue-router'
import { freshPage } from '@/ui/freshPage'
import { AGAIN_MS } from '@/ui/late'

/** Where the visitor wanted to go, until they are there or somewhere else. */
export const missing = shallowRef<RouteLocationNormalized | null>(null)

let timer: ReturnType<typeof setTimeout> | undefined

export async function fetchAgain(router: Router): Promise<void> {
  clearTimeout(timer)
  const wanted = missing.value
  if (!wanted) return
  await router.replace(wanted.fullPath).catch(() => {})
  if (missing.value?.fullPath === wanted.fullPath) void freshPage(wanted.fullPath)
}

/** Looks after pages of this router whose file does not come. */
export function lookAfter(router: Router): void {
  router.onError((error, to) => {
    if (!missing.value) console.error('a page did not come', error)
    missing.value = to
    clearTimeout(timer)
    timer = setTimeout(() => void fetchAgain(router), AGAIN_MS)
  })
  router.afterEach((_to, _from, failure) => {
    // A guard that kept the visitor where they were has not brought the page.
    if (failure) return
    clearTimeout(timer)
    missing.value = null
  })
}
