// Times as people read them, and a clock that ticks while a page is shown.
import { onBeforeUnmount, ref, type Ref } from 'vue'

/** `65_000` ms is `1:05`. */
export function minutesSeconds(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

export function clockTime(ms: number, locale: string): string {
  return new Date(ms).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' })
}

export function dayAndTime(ms: number, locale: string): string {
  return new Date(ms).toLocaleString(locale, {
    month: 'long',
    day: 'numeric',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  })
}

/** `Date.now()`, renewed every `every` ms until the component goes. */
export function useNow(every = 500): Ref<number> {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), every)
  onBeforeUnmount(() => clearInterval(timer))
  return now
}
