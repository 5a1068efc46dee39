// Placing a call from the student's home: asking, cancelling, trying again, and going in.
import { computed, onBeforeUnmount, ref, watch } from 'vue'
import { onBeforeRouteLeave, useRouter } from 'vue-router'
import { wakeAudio } from '@/media/level'
import { prepareMicrophone, releaseMicrophone } from '@/media/microphone'
import { wasHere } from '@/net/here'
import type { Lobby } from '@/net/lobby'
import { preloadPage } from '@/router/feature'
import type { Subject, TeacherCard } from '@/wire/messages'

/** The way into a room, which comes behind the page. */
export const fetchRoom = () => import('@/net/room')

export function usePlacing(lobby: Lobby) {
  const router = useRouter()
  const entering = ref(false)
  const lastCall = ref<{ teacher: string; name: string; subject: Subject; note: string } | null>(
    null,
  )
  const calling = computed(() => lobby.calling !== null || lobby.ringing !== null)

  function call(teacher: TeacherCard, subject: Subject, note: string) {
    lastCall.value = { teacher: teacher.teacher, name: teacher.name, subject, note }
    start()
  }

  function start() {
    const wanted = lastCall.value
    if (!wanted) return
    // Inside the tap: the browser lets sound play and asks for the microphone while it rings.
    wakeAudio()
    prepareMicrophone()
    lobby.call(wanted.teacher, wanted.subject, wanted.note)
  }

  function cancel() {
    lobby.cancel()
    releaseMicrophone()
  }

  function again() {
    lobby.clearOutcome()
    start()
  }

  // The back gesture of a phone gives up the call: unseen it would go on ringing, and be answered for nobody.
  onBeforeRouteLeave((to) => {
    if (!calling.value || to.path.startsWith('/student/session/')) return true
    cancel()
    return to.path === '/sign-in'
  })

  watch(
    () => lobby.lastOutcome,
    (outcome) => {
      if (outcome) releaseMicrophone()
    },
  )
  let gone = false
  onBeforeUnmount(() => (gone = true))
  const wasCalling = ref(false)
  watch(calling, (is) => {
    if (!is) return
    wasCalling.value = true
    // Fetched while it rings, so that nobody waits for it when the teacher answers.
    preloadPage(router.resolve('/student/session/soon'))
  })
  watch(
    () => lobby.ready,
    async (ready) => {
      if (!ready) return
      // Found on arriving: a tab opened anew goes straight back, and any other is offered it as a card.
      if (!wasCalling.value && !(await wasHere(ready.session))) return
      if (lobby.ready?.session !== ready.session || gone) return
      entering.value = true
      // Knock at the room before its page is there: the voice is on its way meanwhile.
      await fetchRoom().then(
        ({ useRoom }) => useRoom(ready),
        () => {},
      )
      void router.push(`/student/session/${ready.session}`)
    },
    { immediate: true },
  )

  return { calling, entering, lastCall, call, cancel, again }
}
