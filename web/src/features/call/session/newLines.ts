// Chat lines of the other side that have not been seen: how many, and the last one for a moment.
import { computed, onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Room } from '@/net/types'

const TOAST_MS = 5000

export function useNewLines(room: Room, shown: Ref<boolean>) {
  const { t } = useI18n()
  const seen = ref(room.chat.at(-1)?.seq ?? 0)
  const unread = computed(() =>
    shown.value
      ? 0
      : room.chat.filter((line) => line.seq > seen.value && line.member !== room.you).length,
  )
  const toast = ref<string | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined

  watch(
    [() => room.chat.length, shown],
    () => {
      const last = room.chat.at(-1)
      if (shown.value) {
        seen.value = last?.seq ?? 0
        toast.value = null
      } else if (last && last.seq > seen.value && last.member !== room.you) {
        toast.value = t('student.session.newMessage', { name: room.otherName, text: last.text })
        clearTimeout(timer)
        timer = setTimeout(() => (toast.value = null), TOAST_MS)
      }
    },
    { immediate: true },
  )
  onBeforeUnmount(() => clearTimeout(timer))

  return { unread, toast }
}
