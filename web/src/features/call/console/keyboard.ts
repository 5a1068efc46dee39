// The keyboard of the console, while it is on the screen.
import { onBeforeUnmount, onMounted } from 'vue'
import { actionOf, takesText, type Action } from '../shortcuts'

/** `blocked` says that a dialog of ours is open: its own keys count. */
export function useKeyboard(blocked: () => boolean, act: (action: Action) => void): void {
  function pressed(event: KeyboardEvent): void {
    if (blocked() || document.querySelector('.el-overlay:not([style*="display: none"])')) return
    const action = actionOf(event, takesText(event.target))
    if (!action) return
    event.preventDefault()
    act(action)
  }
  onMounted(() => window.addEventListener('keydown', pressed))
  onBeforeUnmount(() => window.removeEventListener('keydown', pressed))
}
