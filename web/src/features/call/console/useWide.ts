// Whether the console has a desk's width, where board and chat stand side by side.
import { onBeforeUnmount, ref, type Ref } from 'vue'

/** The same width as in the style sheets of the console. */
const WIDE = '(min-width: 901px)'

export function useWide(): Ref<boolean> {
  const query = window.matchMedia(WIDE)
  const wide = ref(query.matches)
  const changed = (): void => void (wide.value = query.matches)
  query.addEventListener('change', changed)
  onBeforeUnmount(() => query.removeEventListener('change', changed))
  return wide
}
