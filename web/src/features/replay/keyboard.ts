// The keyboard of the replay: space plays, arrows seek, brackets change the speed.
import { onBeforeUnmount, onMounted } from 'vue'
import type { Playback } from './playback'

const STEP_MS = 5_000
const LONG_STEP_MS = 30_000

export function useKeyboard(playback: Playback): void {
  const { at, replay, seek, stepSpeed, toggle } = playback

  function pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !replay.value) return
    const target = event.target as HTMLElement
    const slider = target instanceof HTMLInputElement && target.type === 'range'
    const own = slider && target.dataset.testid === 'seek'
    if ((slider && !own) || target instanceof HTMLSelectElement) return
    const step = event.shiftKey ? LONG_STEP_MS : STEP_MS
    switch (event.key) {
      case ' ':
        if (target.closest('button, a, [role=tab]')) return
        toggle()
        break
      case 'ArrowLeft':
        seek(at.value - step)
        break
      case 'ArrowRight':
        seek(at.value + step)
        break
      case '[':
        stepSpeed(-1)
        break
      case ']':
        stepSpeed(1)
        break
      default:
        return
    }
    event.preventDefault()
  }

  onMounted(() => window.addEventListener('keydown', pressed))
  onBeforeUnmount(() => window.removeEventListener('keydown', pressed))
}
