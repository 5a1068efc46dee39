// A session's room on this page: its link, members, board, chat, voice, and what one does in it.
import { effectScope, markRaw, reactive, watch, type EffectScope } from 'vue'
import { shrink } from '@/media/photo'
import { VoiceLink } from '@/media/voice'
import { decodeRoom } from '@/wire/codec'
import { apply, emptyBoard } from '@/wire/fold'
import { DO_NOT_RECONNECT, PAPER_HEIGHT } from '@/wire/messages'
import type {
  ChatLine,
  MediaAnswer,
  MediaRestart,
  Member,
  Refused,
  Resumed,
  RoomEvent,
  RoomFromServer,
  SessionReady,
  Snapshot,
} from '@/wire/messages'
import { api } from './api'
import { auth } from './auth'
import { publish } from './handle'
import { OwnInk } from './ink'
import { forget, recall, remember } from './kept'
import { useLobby } from './lobby'
import { OperationQueue, type Wanted } from './operations'
import { InkSocket } from './socket'
import type { Room } from './types'

export type { Room } from './types'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Refusals of ink that came too late for its stroke: the board shows what is right already. */
const QUIET: ReadonlySet<string> = new Set(['unknown_stroke', 'stroke_ended', 'stroke_exists'])

interface VoiceMaker {
  (send: (message: MediaAnswer | MediaRestart) => boolean): VoiceLink
}
export interface RoomParts {
  create?: (url: string) => WebSocket
  voice?: VoiceMaker
}

/** Make the room of a session; pages use `useRoom()`. `parts` are for tests. */
export function makeRoom(ready: SessionReady, parts: RoomParts = {}) {
  const kept = recall(ready.session)
  const source = kept.source
  const queue = new OperationQueue()
  queue.restore(kept.operations)
  const ink = new OwnInk()
  const photos = new Map<string, Promise<ImageBitmap>>()
  const paints: [seq: number, at: number][] = []
  let grant = ready.grant
  let openedAt = 0
  let lines: ChatLine[] = []
  /** Own strokes in the order they began; some may be gone from the board meanwhile. */
  let mine: string[] = []
  let strokes = 0
  let wasOpen = false
  let lastDrawnAt: number | null = null

  const voice = parts.voice
    ? parts.voice((message) => socket.send(message))
    : new VoiceLink((message) => socket.send(message))

  const room: Mutable<Room> = reactive<Mutable<Room>>({
    session: ready.session,
    subject: ready.subject,
    otherName: ready.other,
    link: 'connecting',
    closeReason: null,
    joined: false,
    you: null,
    members: [],
    me: null,
    other: null,
    board: markRaw(emptyBoard()),
    version: 0,
    pages: [],
    openPage: null,
    overlay: markRaw(ink.strokes),
    hidden: markRaw(ink.hidden),
    chat: [],
    seq: 0,
    endsAt: null,
    warned: false,
    ended: null,
    quality: {},
    pointer: null,
    draining: null,
    notice: null,
    waiting: 0,
    full: false,
    voice: voice.view,
    may: (permission) =>
      room.ended === null && (room.me?.permissions.includes(permission) ?? false),
    beginStroke(page, points, style) {
      if (!room.joined || !room.you || queue.full || !room.may('draw')) return null
      strokes += 1
      const stroke = `${source}.${Date.now().toString(36)}-${strokes}`
      ink.begin({
        stroke,
        page,
        member: room.you,
        source,
        ...style,
        points: [...points],
        ended: false,
      })
      operate({ type: 'stroke_begin', stroke, page, ...style, points })
      mine.push(stroke)
      changed()
      return stroke
    },
    addPoints(stroke, points) {
      if (points.length === 0 || !ink.add(stroke, points)) return
      operate({ type: 'stroke_points', stroke, points })
      changed()
    },
    endStroke(stroke) {
      if (!ink.end(stroke)) return
      operate({ type: 'stroke_end', stroke })
      changed()
    },
    undo(stroke) {
      const target = stroke ?? lastOwn()
      if (!target) return
      ink.undo(target)
      operate({ type: 'undo_stroke', stroke: target })
      changed()
    },
    canUndo: () => room.version >= 0 && room.may('draw') && lastOwn() !== null,
    addPage(kind, width, height, photo) {
      const page = `${source}-${Date.now().toString(36)}`
      operate({ type: 'add_page', page, kind, width, height, ...(photo ? { photo } : {}) })
      return page
    },
    turnPage(page) {
      if (page !== room.board.open_page) operate({ type: 'turn_page', page })
    },
    clearPage: (page) => operate({ type: 'clear_page', page }),
    say(text) {
      const trimmed = text.trim().slice(0, 2000)
      if (trimmed) operate({ type: 'say', text: trimmed })
    },
    setMuted(muted) {
      voice.setMuted(muted)
      operate({ type: 'set_muted', muted })
    },
    setPermissions: (member, permissions) =>
      operate({ type: 'set_permissions', member, permissions }),
    pointAt(page, x, y, visible) {
      // Only the latest counts: when the network is slow it is left out.
      if (room.link === 'open' && socket.buffered < 4096) {
        socket.send({ type: 'point_at', page, x: Math.round(x), y: Math.round(y), visible })
      }
    },
    end: () => operate({ type: 'end_session' }),
    leave() {
      socket.send({ type: 'leave' })
      close()
    },
    async uploadPhoto(file, progress) {
      const small = await shrink(file)
      const { photo, width, height } = await api.uploadPhoto(ready.session, small, progress)
      const scale = PAPER_HEIGHT / Math.max(width, height)
      const side = (pixels: number) => Math.max(1_000, Math.round(pixels * scale))
      room.addPage('photo', side(width), side(height), photo)
    },
    loadPhoto(photo) {
      let loading = photos.get(photo)
      if (!loading) {
        loading = api.photo(ready.session, photo).then((blob) => createImageBitmap(blob))
        photos.set(photo, loading)
        loading.catch(() => photos.delete(photo))
      }
      return loading
    },
    clearNotice() {
      room.notice = null
    },
    painted(at) {
      lastDrawnAt = at
      paints.push([room.seq, at])
      if (paints.length > 2000) paints.splice(0, 1000)
    },
  })

  const socket = new InkSocket<RoomFromServer>({
    url: ready.url,
    decode: decodeRoom,
    token: auth.token,
    onWelcome: () => {
      const resume = room.joined ? { resume_seq: room.seq } : {}
      socket.send({ type: 'join', grant, source, ...resume })
    },
    onState: (state, reason) => {
      // Open is said when the snapshot is here; until then nothing can be done in the room.
      if (state === 'open') return
      room.link = state
      room.closeReason = reason
      if (state === 'closed') closedBy(reason)
    },
    onMessage: receive,
    ...(parts.create ? { create: parts.create } : {}),
  })

  function receive(message: RoomFromServer): void {
    switch (message.type) {
      case 'snapshot':
        return snapshot(message)
      case 'resumed':
        return entered(message)
      case 'ack':
        queue.acknowledged(message.n)
        return flush()
      case 'refused':
        return refused(message)
      case 'pointed_at':
        if (message.member !== room.you) room.pointer = message
        return
      case 'quality':
        room.quality = { ...room.quality, [message.member]: message }
        return
      case 'media_offer':
        return voice.offered(message)
      case 'draining':
        room.draining = message.deadline_ms - useLobby().clockOffset
        return
      case 'welcome':
      case 'pong':
        return
      default:
        return happened(message)
    }
  }

  function snapshot(message: Snapshot): void {
    room.seq = message.seq
    room.you = message.you
    seat(message.members)
    room.board = markRaw(message.board)
    lines = message.chat
    room.chat = [...lines]
    room.joined = true
    entered(message)
    ink.reconcile(room.board, queue.all)
    redrawKept()
    mine = [...Object.values(room.board.strokes), ...Object.values(ink.strokes)]
      .filter((stroke) => stroke.member === room.you)
      .map((stroke) => stroke.stroke)
    turned()
    changed()
  }

  function seat(members: Member[]): void {
    room.members = members
    room.me = members.find((member) => member.member === room.you) ?? null
    room.other = otherOf(members, room.you)
  }

  function entered(message: Snapshot | Resumed): void {
    openedAt = Date.now() - message.at
    room.endsAt = openedAt + message.ends_at
    room.link = 'open'
    // After a reload: who had muted himself stays muted until he says otherwise.
    if (room.me?.muted && !wasOpen) voice.setMuted(true)
    queue.resync(message.last_n)
    if (wasOpen) voice.socketResumed()
    wasOpen = true
    flush()
  }

  /** After a reload: strokes that only the kept operations know are shown again. */
  function redrawKept(): void {
    for (const operation of queue.all) {
      if (operation.type === 'undo_stroke') ink.hidden.add(operation.stroke)
      if (!('stroke' in operation) || operation.type === 'undo_stroke') continue
      if (operation.type === 'stroke_begin' && !ink.strokes[operation.stroke]) {
        const { stroke, page, tool, colour, width, points } = operation
        const member = room.you ?? ''
        ink.begin({
          stroke,
          page: page ?? '',
          member,
          source,
          tool,
          colour,
          width,
          points: [...points],
          ended: false,
        })
        keptStrokes.add(stroke)
      } else if (keptStrokes.has(operation.stroke)) {
        if (operation.type === 'stroke_points') ink.add(operation.stroke, operation.points)
        if (operation.type === 'stroke_end') ink.end(operation.stroke)
      }
    }
    keptStrokes.clear()
  }
  const keptStrokes = new Set<string>()

  function happened(event: RoomEvent): void {
    if (event.seq !== room.seq + 1) {
      // A hole in the room's order cannot be mended by guessing.
      if (event.seq > room.seq) {
        room.joined = false
        socket.reconnect()
      }
      return
    }
    room.seq = event.seq
    apply(room.board, lines, event)
    ink.echoed(event)
    switch (event.type) {
      case 'said':
        room.chat = [...lines]
        break
      case 'member_changed':
        seat(withMember(room.members, event.member))
        if (event.member.link !== 'connected' && room.pointer?.member === event.member.member) {
          room.pointer = null
        }
        break
      case 'page_added':
      case 'page_turned':
        turned()
        changed()
        break
      case 'stroke_began':
        // Of one's own pen or other page; what this page drew is there already.
        if (event.member === room.you && event.source !== source) mine.push(event.stroke)
        changed()
        break
      case 'time_warning':
        room.endsAt = openedAt + event.ends_at
        room.warned = true
        break
      case 'session_ended':
        room.ended = { reason: event.reason, member: event.member }
        close()
        break
      default:
        changed()
    }
  }

  function refused(message: Refused): void {
    if (message.code === 'gap') return socket.reconnect()
    const operation = message.n === null ? undefined : queue.find(message.n)
    if (operation) {
      ink.refused(operation)
      changed()
    }
    if (message.code === 'token_expired' || QUIET.has(message.code)) return
    // The last word before a close: how the room closed is shown as that, not as a notice.
    if (message.n === null && DO_NOT_RECONNECT.has(message.code)) return
    room.notice = { code: message.code, text: message.text }
  }

  function operate(wanted: Wanted): void {
    if (room.ended) return
    queue.add(wanted)
    flush()
  }

  function flush(): void {
    if (room.link === 'open') for (const operation of queue.take()) socket.send(operation)
    room.waiting = queue.length
    room.full = queue.full
  }

  function turned(): void {
    room.pages = markRaw([...room.board.pages])
    room.openPage = room.board.open_page
  }

  function changed(): void {
    room.version += 1
  }

  function lastOwn(): string | null {
    const page = room.board.open_page
    return (
      mine.findLast((id) => {
        const stroke = ink.strokes[id] ?? room.board.strokes[id]
        return stroke?.page === page && !ink.hidden.has(id)
      }) ?? null
    )
  }

  function closedBy(reason: string | null): void {
    if (reason === 'session_ended') room.ended ??= { reason: 'unknown', member: null }
    finish()
  }

  function close(): void {
    socket.close()
    finish()
  }

  let finished = false
  function finish(): void {
    if (finished) return
    finished = true
    voice.close()
    window.removeEventListener('pagehide', keep)
    if (room.ended) forget(ready.session)
    photos.clear()
  }

  const keep = () => remember(ready.session, { source, operations: [...queue.all] })
  keep()
  window.addEventListener('pagehide', keep)

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
        return lastDrawnAt
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

  return {
    room: room as Room,
    setGrant(next: string) {
      grant = next
    },
  }
}

function otherOf(members: Member[], you: string | null): Member | null {
  const talks = (member: Member) => member.role === 'student' || member.role === 'teacher'
  return members.find((member) => member.member !== you && talks(member)) ?? null
}

function withMember(members: Member[], changed: Member): Member[] {
  const known = members.some((member) => member.member === changed.member)
  if (!known) return [...members, changed]
  return members.map((member) => (member.member === changed.member ? changed : member))
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
