// The lobby: teachers who are there, calling one, being called. One for the tab.
import { reactive } from 'vue'
import { decodeLobby } from '@/wire/codec'
import type { LobbyFromServer, Subject, TeacherCard } from '@/wire/messages'
import { auth } from './auth'
import { InkSocket } from './socket'
import type { Lobby } from './types'

export type { Lobby } from './types'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Refusals that answer a `call_teacher` before it rings. */
const CALL_REFUSALS: ReadonlySet<string> = new Set([
  'unknown_teacher',
  'already_calling',
  'in_session',
  'draining',
  'recorder_unavailable',
  'full',
  'forbidden',
])
/** Asked for while the socket was down: sent when it is up again within this, or given up. */
const CALL_PATIENCE_MS = 8_000

const PRESENCE_ORDER = { online: 0, busy: 1, away: 2, offline: 3 }

function sorted(teachers: TeacherCard[]): TeacherCard[] {
  return [...teachers].sort(
    (a, b) =>
      PRESENCE_ORDER[a.presence] - PRESENCE_ORDER[b.presence] ||
      (b.rating ?? -1) - (a.rating ?? -1) ||
      a.name.localeCompare(b.name, 'zh-CN'),
  )
}

/** Whose the lost connection is, as far as a tab can know: a device without any network is its own
 * cause, and otherwise it is the server that does not answer. Never the teacher. */
function lostBy(): 'caller_gone' | 'server_gone' {
  return navigator.onLine ? 'server_gone' : 'caller_gone'
}

/** Make a lobby; pages use `useLobby()`. `create` makes the WebSocket, for tests. */
export function makeLobby(create?: (url: string) => WebSocket): Lobby {
  let socket: InkSocket<LobbyFromServer> | null = null
  let calledTeacher: string | undefined
  let callTimer: ReturnType<typeof setTimeout> | undefined
  /** What the door was asked to be before the first welcome. */
  let wantedDoor: boolean | null = null

  const fresh = () => ({
    state: 'connecting' as Lobby['state'],
    closeReason: null,
    loaded: false,
    teachers: [],
    presence: null,
    ringing: null,
    calling: null,
    incoming: [],
    ready: null,
    forms: [],
    lastOutcome: null,
    draining: null,
    notice: null,
    clockOffset: 0,
  })

  const lobby: Mutable<Lobby> = reactive<Mutable<Lobby>>({
    ...fresh(),
    start() {
      if (socket) return
      wantedDoor = null
      Object.assign(lobby, fresh())
      socket = new InkSocket<LobbyFromServer>({
        url: '/ws/lobby',
        decode: decodeLobby,
        token: auth.token,
        onWelcome: (welcome) => {
          lobby.clockOffset = welcome.now_ms - Date.now()
          lobby.draining = null
        },
        onState: (state, reason) => {
          lobby.state = state
          lobby.closeReason = reason
          if (state === 'open') opened()
          else forgetCalls()
          if (state === 'closed') socket = null
        },
        onMessage: receive,
        ...(create ? { create } : {}),
      })
    },
    stop() {
      socket?.close()
      socket = null
      clearTimeout(callTimer)
      Object.assign(lobby, fresh())
    },
    setAvailable(available: boolean) {
      if (lobby.state === 'connecting') wantedDoor = available
      else if (!socket?.send({ type: 'set_availability', available })) noLink()
    },
    call(teacher: string, subject: Subject, note = '') {
      lobby.lastOutcome = null
      lobby.calling = { teacher, subject, note: note.slice(0, 200) }
      calledTeacher = teacher
      clearTimeout(callTimer)
      callTimer = setTimeout(() => callOver('', lostBy()), CALL_PATIENCE_MS)
      sendCall()
    },
    cancel() {
      const ringing = lobby.ringing
      clearTimeout(callTimer)
      lobby.calling = null
      lobby.ringing = null
      if (ringing) socket?.send({ type: 'cancel_call', call: ringing.call })
    },
    accept(call: string) {
      if (!socket?.send({ type: 'accept_call', call })) noLink()
    },
    decline(call: string) {
      if (socket?.send({ type: 'decline_call', call })) dropIncoming(call)
      else noLink()
    },
    clearOutcome() {
      lobby.lastOutcome = null
    },
    clearNotice() {
      lobby.notice = null
    },
    clearReady(session?: string) {
      if (!session || lobby.ready?.session === session) lobby.ready = null
    },
    formSent(session: string) {
      lobby.forms = lobby.forms.filter((form) => form.session !== session)
    },
  })

  function opened() {
    if (wantedDoor !== null) lobby.setAvailable(wantedDoor)
    wantedDoor = null
    if (lobby.calling) sendCall()
  }

  function sendCall() {
    if (lobby.calling) socket?.send({ type: 'call_teacher', ...lobby.calling })
  }

  function noLink() {
    lobby.notice = { code: 'offline', text: '' }
  }

  /** The server forgets a caller who drops, and tells a teacher again who still calls. */
  function forgetCalls() {
    lobby.incoming = []
    if (lobby.ringing) callOver(lobby.ringing.call, lostBy())
  }

  function callOver(call: string, outcome: string) {
    clearTimeout(callTimer)
    lobby.calling = null
    lobby.ringing = null
    lobby.lastOutcome = { call, outcome, ...(calledTeacher ? { teacher: calledTeacher } : {}) }
  }

  function dropIncoming(call: string) {
    lobby.incoming = lobby.incoming.filter((incoming) => incoming.call !== call)
  }

  function rings(call: string, teacher: string, deadlineMs: number) {
    clearTimeout(callTimer)
    // Cancelled before the server had answered: the ring is for nobody.
    if (!lobby.calling) socket?.send({ type: 'cancel_call', call })
    else lobby.ringing = { call, teacher, deadline: deadlineMs - lobby.clockOffset }
  }

  function receive(message: LobbyFromServer) {
    switch (message.type) {
      case 'teachers':
        lobby.teachers = sorted(message.teachers)
        lobby.loaded = true
        break
      case 'teacher_changed': {
        const card = message.teacher
        const rest = lobby.teachers.filter((known) => known.teacher !== card.teacher)
        lobby.teachers = card.presence === 'offline' ? rest : sorted([...rest, card])
        break
      }
      case 'availability':
        lobby.presence = message.presence
        break
      case 'ringing':
        rings(message.call, message.teacher, message.deadline_ms)
        break
      case 'incoming_call':
        dropIncoming(message.call)
        lobby.incoming = [
          ...lobby.incoming,
          { ...message, deadline_ms: message.deadline_ms - lobby.clockOffset },
        ]
        break
      case 'call_ended':
        ended(message.call, message.outcome)
        break
      case 'session_ready':
        clearTimeout(callTimer)
        lobby.calling = null
        lobby.ringing = null
        lobby.incoming = []
        lobby.ready = message
        break
      case 'forms_due':
        lobby.forms = message.forms
        break
      case 'draining':
        lobby.draining = message.deadline_ms - lobby.clockOffset
        break
      case 'refused':
        if (lobby.calling && !lobby.ringing && CALL_REFUSALS.has(message.code)) {
          callOver('', message.code)
        } else {
          lobby.notice = { code: message.code, text: message.text }
        }
        break
      default:
        break
    }
  }

  function ended(call: string, outcome: string) {
    const incoming = lobby.incoming.some((known) => known.call === call)
    dropIncoming(call)
    if (incoming) lobby.lastOutcome = { call, outcome }
    else if (lobby.ringing?.call === call || (lobby.calling && !lobby.ringing)) {
      callOver(call, outcome)
    }
  }

  return lobby
}

let lobby: Lobby | null = null

/** The tab's lobby; `start()` it once somebody is signed in, `stop()` it when they sign out. */
export function useLobby(): Lobby {
  lobby ??= makeLobby()
  return lobby
}
