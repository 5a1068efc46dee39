// A session's room in this tab: its state, link, voice and actions in one reactive object.
import { effectScope, markRaw, reactive, watch, type EffectScope } from 'vue'
import { shrink } from '@/media/photo'
import { VoiceLink } from '@/media/voice'
import { DO_NOT_RECONNECT } from '@/wire/messages'
import type {
  MediaAnswer,
  MediaRestart,
  Refused,
  Resumed,
  RoomEvent,
  RoomFromServer,
  SessionReady,
  Snapshot,
} from '@/wire/messages'
import { api } from '../api'
import { auth } from '../auth'
import { publish } from '../handle'
import { hold } from '../here'
import { OwnInk } from '../ink'
import { forget, recall, remember } from '../kept'
import { useLobby } from '../lobby'
import type { Room } from '../types'
import { makeActions, photoStore } from './actions'
import { RoomLink } from './link'
import { emptyFacts, RoomState } from './state'

export type { Room } from '../types'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Refusals of ink that came too late for its stroke: the board shows what is right already. */
const QUIET: ReadonlySet<string> = new Set(['unknown_stroke', 'stroke_ended', 'stroke_exists'])
/** How many paints the tab's handle keeps for whoever measures delay. */
const MOST_PAINTS = 2000

interface VoiceMaker {
  (send: (message: MediaAnswer | MediaRestart) => boolean): VoiceLink
}
export interface RoomParts {
  create?: (url: string) => WebSocket
  voice?: VoiceMaker
}

/** Make the room of a session; pages use `useRoom()`. `parts` are for tests. */
export function makeRoom(ready: SessionReady, parts: RoomParts = {}) {
  const { source, operations } = recall(ready.session)
  const letGo = hold(ready.session)
  const ink = new OwnInk()
  const paints: [seq: number, at: number][] = []
  const photos = photoStore((photo) =>
    api.photo(ready.session, photo).then((blob) => createImageBitmap(blob)),
  )
  let wasOpen = false
  let finished = false
  let lastDrawnAt: number | null = null

  const makeVoice: VoiceMaker = parts.voice ?? ((send) => new VoiceLink(send))
  const voice = makeVoice((message) => link.send(message))

  type Shown = Omit<Room, keyof ReturnType<typeof makeActions>>
  const shown = reactive<Mutable<Shown>>({
    ...emptyFacts(ink, markRaw),
    session: ready.session,
    subject: ready.subject,
    otherName: ready.other,
    link: 'connecting',
    closeReason: null,
    draining: null,
    notice: null,
    waiting: 0,
    full: false,
    unsaid: [],
    voice: voice.view,
    clearNotice() {
      shown.notice = null
    },
    painted(at) {
      lastDrawnAt = at
      paints.push([shown.seq, at])
      if (paints.length > MOST_PAINTS) paints.splice(0, MOST_PAINTS / 2)
    },
  }) as Mutable<Shown>
  const state = new RoomState(shown, source, ink, markRaw)

  const link: RoomLink = new RoomLink({
    url: ready.url,
    token: auth.token,
    source,
    grant: ready.grant,
    operations,
    resumeFrom: () => (shown.joined ? shown.seq : null),
    onMessage: receive,
    onState: (now, reason) => {
      shown.link = now
      shown.closeReason = reason
      if (now !== 'closed') return
      state.closed(reason)
      finish()
    },
    onQueue(waiting, full) {
      Object.assign(shown, { waiting, full })
      const unsaid = link.waiting.flatMap((one) => (one.type === 'say' ? [one.text] : []))
      // The same empty list again would draw the chat anew with every point of a stroke.
      if (unsaid.length + shown.unsaid.length > 0) shown.unsaid = unsaid
    },
    ...(parts.create ? { create: parts.create } : {}),
  })

  const actions = makeActions({
    state,
    link,
    source,
    now: Date.now,
    setMuted: (muted) => voice.setMuted(muted),
    leave: close,
    upload: async (file, progress) => api.uploadPhoto(ready.session, await shrink(file), progress),
    loadPhoto: photos.load,
  })
  const room: Room = Object.assign(shown, actions)

  function receive(message: RoomFromServer): void {
    switch (message.type) {
      case 'snapshot':
        // First what is done leaves the queue: own ink kept for it would never be echoed.
        link.enter(message.last_n)
        state.snapshot(message, link.waiting)
        return entered(message)
      case 'resumed':
        link.enter(message.last_n)
        return entered(message)
      case 'ack':
        return link.acknowledged(message.n)
      case 'refused':
        return refused(message)
      case 'pointed_at':
        return state.pointed(message)
      case 'quality':
        return state.measured(message)
      case 'media_offer':
        return voice.offered(message)
      case 'draining':
        shown.draining = message.deadline_ms - useLobby().clockOffset
        return
      case 'welcome':
      case 'pong':
        return
      default:
        return happened(message)
    }
  }

  function entered(message: Snapshot | Resumed): void {
    state.clock(Date.now(), message.at, message.ends_at)
    shown.link = 'open'
    // After a reload: who had muted themselves stays muted until they say otherwise.
    if (shown.me?.muted && !wasOpen) voice.setMuted(true)
    if (wasOpen) voice.socketResumed()
    wasOpen = true
  }

  function happened(event: RoomEvent): void {
    const became = state.event(event)
    if (became === 'hole') link.reconnect()
    if (became === 'over') close()
  }

  function refused(message: Refused): void {
    if (message.code === 'gap') return link.reconnect()
    const operation = message.n === null ? undefined : link.find(message.n)
    if (operation) state.refused(operation)
    if (message.code === 'token_expired' || QUIET.has(message.code)) return
    // The last word before a close: how the room closed is shown as that, not as a notice.
    if (message.n === null && DO_NOT_RECONNECT.has(message.code)) return
    shown.notice = { code: message.code, text: message.text }
  }

  function close(): void {
    link.close()
    finish()
  }

  function finish(): void {
    if (finished) return
    finished = true
    voice.close()
    window.removeEventListener('pagehide', keep)
    if (shown.ended) forget(ready.session)
    // Refused, or opened elsewhere: this device must not take it back by itself.
    letGo(shown.ended !== null || shown.closeReason !== 'closed_here')
    photos.clear()
  }

  function keep(): void {
    remember(ready.session, { source, operations: [...link.waiting] })
  }
  keep()
  window.addEventListener('pagehide', keep)

  publishRoom(room, voice, () => lastDrawnAt, paints)
  return { room, setGrant: (next: string) => link.setGrant(next) }
}

/** What the browser tests and the bench read of this tab. */
function publishRoom(
  room: Room,
  voice: VoiceLink,
  lastDrawnAt: () => number | null,
  paints: [seq: number, at: number][],
): void {
  publish({
    room: {
      get board() {
        return room.board
      },
      get seq() {
        return room.seq
      },
      get link() {
        return room.link
      },
      get lastDrawnAt() {
        return lastDrawnAt()
      },
      get paints() {
        return paints
      },
    },
    voice: {
      get pc() {
        return voice.view.pc
      },
      get state() {
        return voice.view.state
      },
      get firstFrameAt() {
        return voice.firstFrameAt
      },
      get firstSoundAt() {
        return voice.firstSoundAt
      },
    },
  })
}

let current: { room: Room; scope: EffectScope } | null = null

/** The room of `ready`; the same object for the same session until it is left or has ended. */
export function useRoom(ready: SessionReady): Room {
  if (current && current.room.session === ready.session && current.room.link !== 'closed') {
    return current.room
  }
  if (current && current.room.link !== 'closed') current.room.leave()
  current?.scope.stop()
  // Detached: the room outlives the page component that asked for it first.
  const scope = effectScope(true)
  const made = scope.run(() => {
    const { room, setGrant } = makeRoom(ready)
    const lobby = useLobby()
    watch(
      () => lobby.ready,
      (next) => {
        if (next?.session === ready.session) setGrant(next.grant)
      },
    )
    return room
  })!
  current = { room: made, scope }
  return made
}
