// The end of a session as the console sees it: asked for, never by accident, and told to the page.
import { ElMessageBox } from 'element-plus'
import { computed, onBeforeUnmount, onUnmounted, ref, watch, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { onBeforeRouteLeave, onBeforeRouteUpdate, useRouter } from 'vue-router'
import { dueOf, type Due } from '@/net/due'
import type { Room } from '@/net/types'
import type { DueForm, SessionReady } from '@/wire/messages'
import { whenOverdue } from '../overdue'

/** Ends the session when the teacher says so twice. */
export function useEnd(room: Room, usable: Ref<boolean>) {
  const { t } = useI18n()
  const asking = ref(false)

  async function end(): Promise<void> {
    if (asking.value || !usable.value) return
    asking.value = true
    const sure = await ElMessageBox.confirm(t('teacher.console.endAsk'), t('teacher.console.end'), {
      confirmButtonText: t('teacher.console.endYes'),
      cancelButtonText: t('teacher.console.cancel'),
      confirmButtonClass: 'el-button--danger',
      type: 'warning',
    }).catch(() => null)
    asking.value = false
    if (sure) room.end()
  }

  askBeforeLeaving(
    room,
    computed(() => usable.value && room.link !== 'closed'),
    () => void end(),
  )
  return { asking, end }
}

/** The browser's Back must not leave a lesson by accident, wherever it would lead. */
function askBeforeLeaving(room: Room, running: Ref<boolean>, ask: () => void): void {
  const router = useRouter()
  onBeforeRouteLeave((to) => {
    if (!running.value || to.path === '/sign-in') return true
    ask()
    return false
  })
  onBeforeRouteUpdate((to) => {
    if (!running.value || to.query.session === room.session) return true
    ask()
    return false
  })

  // The desk is often the first page of its window, and going back from it would ask nobody: the lesson
  // has a step of its own in the history, so that Back leads to the desk and is asked about here.
  const step = () => router.currentRoute.value.query.session === room.session
  watch(
    running,
    (is) => {
      if (is && !step()) void router.push({ query: { session: room.session } })
    },
    { immediate: true },
  )
  onUnmounted(() => {
    if (step()) void router.replace({ query: {} })
  })

  // Closing the window, or a Back that leaves the app altogether: only the browser can ask.
  const beforeUnload = (event: BeforeUnloadEvent) => {
    if (running.value) event.preventDefault()
  }
  window.addEventListener('beforeunload', beforeUnload)
  onBeforeUnmount(() => window.removeEventListener('beforeunload', beforeUnload))
}

/** Calls `done` with the form that is due once the session is over. */
export function whenOver(
  room: Room,
  ready: () => SessionReady,
  forms: () => readonly DueForm[],
  done: (due: Due) => void,
): void {
  const dueForm = () => forms().find((form) => form.session === ready().session)
  function over(reason: string): void {
    const due = dueForm()
    if (due) return done(dueOf(due))
    const { session, other, subject } = ready()
    done({ session, other, subject, startedMs: null, reason })
  }
  watch(
    () => room.ended,
    (ended) => {
      if (ended) over(ended.reason)
    },
  )
  whenOverdue(
    () => room,
    () => {
      room.leave()
      over('unknown')
    },
  )
  // The server owes us a form for this very session: it is over, though its room could not say so.
  watch(forms, () => {
    const due = dueForm()
    if (due) done(dueOf(due))
  })
}
