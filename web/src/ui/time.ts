// A clock that ticks while a page is shown; the words of times are in `moments`.
import { onBeforeUnmount, ref, type Ref } from 'vue'

export { clockTime, dayAndTime, minutesSeconds } from './moments'

/** `Date.now()`, renewed every `every` ms until the component goes. */
export function useNow(every = 500): Ref<number> {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), every)
  onBeforeUnmount(() => clearInterval(timer))
  return now
}
