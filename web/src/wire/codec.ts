// Messages to bytes and back: one msgpack map a frame; what is not a known message is an error.
import { decode, Encoder } from '@msgpack/msgpack'
import { MAX_FRAME_BYTES, MAX_SNAPSHOT_BYTES } from './messages'
import type { LobbyFromServer, RoomEvent, RoomFromServer } from './messages'

/** The peer sent what is not a message; `code` is one of wire/codes.py. */
export class WireError extends Error {
  constructor(
    readonly code: 'bad_message' | 'too_large',
    text: string,
  ) {
    super(text)
    this.name = 'WireError'
  }
}

type Kind = 'string' | 'number' | 'boolean' | 'array' | 'object'
type Fields = Record<string, Kind>

/** Fields without which a message of this name cannot be used. Other fields are let through. */
const COMMON: Record<string, Fields> = {
  welcome: { version: 'number', person_id: 'string', role: 'string', now_ms: 'number' },
  pong: { sent_ms: 'number' },
  refused: { code: 'string', text: 'string' },
  draining: { deadline_ms: 'number' },
}
const LOBBY: Record<string, Fields> = {
  ...COMMON,
  teachers: { teachers: 'array' },
  teacher_changed: { teacher: 'object' },
  availability: { presence: 'string' },
  ringing: { call: 'string', teacher: 'string', deadline_ms: 'number' },
  incoming_call: { call: 'string', student: 'string', name: 'string', history: 'array' },
  call_ended: { call: 'string', outcome: 'string' },
  session_ready: { session: 'string', url: 'string', grant: 'string' },
  forms_due: { forms: 'array' },
}
const sequenced = { seq: 'number', at: 'number' } as const
const EVENTS: Record<string, Fields> = {
  stroke_began: { ...sequenced, stroke: 'string', page: 'string', points: 'array' },
  points_drawn: { ...sequenced, stroke: 'string', points: 'array' },
  stroke_ended: { ...sequenced, stroke: 'string' },
  stroke_undone: { ...sequenced, stroke: 'string' },
  page_added: { ...sequenced, page: 'object' },
  page_turned: { ...sequenced, page: 'string' },
  page_cleared: { ...sequenced, page: 'string' },
  said: { ...sequenced, member: 'string', text: 'string' },
  member_changed: { ...sequenced, member: 'object' },
  time_warning: { ...sequenced, ends_at: 'number' },
  session_ended: { ...sequenced, reason: 'string' },
}
const ROOM: Record<string, Fields> = {
  ...COMMON,
  ...EVENTS,
  snapshot: { seq: 'number', at: 'number', you: 'string', members: 'array', board: 'object' },
  resumed: { seq: 'number', at: 'number', last_n: 'number' },
  pointed_at: { member: 'string', page: 'string', x: 'number', y: 'number' },
  ack: { n: 'number' },
  media_offer: { leg: 'string', sdp: 'string' },
  quality: { member: 'string', voice: 'string' },
}

function is(value: unknown, kind: Kind): boolean {
  if (kind === 'array') return Array.isArray(value)
  if (kind === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === kind
}

function check(value: unknown, known: Record<string, Fields>): void {
  if (!is(value, 'object')) throw new WireError('bad_message', 'the frame is no map')
  const map = value as Record<string, unknown>
  const type = map.type
  const fields = typeof type === 'string' && Object.hasOwn(known, type) ? known[type] : undefined
  if (!fields) throw new WireError('bad_message', 'the frame names no known message')
  for (const [name, kind] of Object.entries(fields)) {
    if (!is(map[name], kind)) throw new WireError('bad_message', `${String(type)}.${name} is wrong`)
  }
}

/** Decode any msgpack value; `WireError` for what is none, or is larger than `limit` bytes. */
export function decodeValue(frame: ArrayBuffer | Uint8Array, limit = MAX_SNAPSHOT_BYTES): unknown {
  if (frame.byteLength > limit) {
    throw new WireError('too_large', `a frame may hold ${limit} bytes`)
  }
  try {
    return decode(frame)
  } catch (error) {
    throw new WireError('bad_message', 'the frame is not msgpack')
  }
}

export function decodeLobby(frame: ArrayBuffer | Uint8Array): LobbyFromServer {
  const value = decodeValue(frame)
  check(value, LOBBY)
  return value as LobbyFromServer
}

export function decodeRoom(frame: ArrayBuffer | Uint8Array): RoomFromServer {
  const value = decodeValue(frame)
  check(value, ROOM)
  return value as RoomFromServer
}

/** A message of a part's own socket; `known` says the fields it cannot do without, by its name. */
export function decodeOf<In>(
  frame: ArrayBuffer | Uint8Array,
  known: Record<string, Record<string, Kind>>,
): In {
  const value = decodeValue(frame)
  check(value, { ...COMMON, ...known })
  return value as In
}

/** One event of a recording, as `/api/recordings/{session}/events` lists them. */
export function checkEvent(value: unknown): RoomEvent {
  check(value, EVENTS)
  return value as RoomEvent
}

const encoder = new Encoder({ ignoreUndefined: true })

/** The frame of one message; `undefined` fields are left out, numbers must be whole already. */
export function encode<Out extends { type: string }>(message: Out): Uint8Array<ArrayBuffer> {
  const frame = encoder.encode(message)
  if (frame.byteLength > MAX_FRAME_BYTES) {
    throw new WireError('too_large', `a frame may hold ${MAX_FRAME_BYTES} bytes`)
  }
  return frame
}
