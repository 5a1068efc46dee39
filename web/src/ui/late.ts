// Parts of a page that are fetched late: what cannot be fetched is said in its place and asked for again.
import { defineComponent, h, onBeforeUnmount, ref, shallowRef, type Component } from 'vue'
import LateNote from './LateNote.vue'
import { freshPage } from './freshPage'

/** How soon what could not be fetched is asked for again. */
export const AGAIN_MS = 3_000

/** A component whose file comes when it is first shown. */
export function late(load: () => Promise<Component>): Component {
  const loaded = shallowRef<Component | null>(null)
  return defineComponent({
    name: 'LatePart',
    inheritAttrs: false,
    setup(_, { attrs, slots }) {
      const failed = ref(false)
      let timer: ReturnType<typeof setTimeout> | undefined
      let gone = false

      async function fetchIt(): Promise<void> {
        clearTimeout(timer)
        const again = failed.value
        try {
          loaded.value ??= await load()
          failed.value = false
        } catch (error) {
          if (!failed.value) console.error('a part of the page did not come', error)
          failed.value = true
          if (gone) return
          timer = setTimeout(() => void fetchIt(), AGAIN_MS)
          if (again) void freshPage()
        }
      }
      void fetchIt()
      onBeforeUnmount(() => {
        gone = true
        clearTimeout(timer)
      })
      return () => {
        if (loaded.value) return h(loaded.value, attrs, slots)
        return failed.value ? h(LateNote, { onAgain: () => void fetchIt() }) : null
      }
    },
  })
}
