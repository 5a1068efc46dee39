// A photo chosen on the console: its way up, and what is said when it does not get there.
import { ElMessage } from 'element-plus'
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { ApiError } from '@/net/http'
import type { Room } from '@/net/types'

export function usePhotoUpload(room: Room) {
  const { t, te } = useI18n()
  /** How much of it is up, 0 to 1; null when none is on its way. */
  const uploading = ref<number | null>(null)

  function say(code: string): void {
    const key = `teacher.console.photoError.${code}`
    const message = te(key) ? t(key) : t('teacher.console.photoError.other', { code })
    ElMessage({ message, type: 'error', duration: 6000, showClose: true })
  }

  async function upload(file: File): Promise<void> {
    if (uploading.value !== null) return
    uploading.value = 0
    try {
      await room.uploadPhoto(file, (share) => (uploading.value = share))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      say(error.code)
    } finally {
      uploading.value = null
    }
  }

  return { uploading, upload }
}
