// Types and bounds that every message shares, and the handshake of every socket; as wire/common.py.

export const PROTOCOL_VERSION = 1
export const MAX_FRAME_BYTES = 64 * 1024
export const MAX_SNAPSHOT_BYTES = 64 * 1024 * 1024
export const UNITS_PER_MM = 100
export const PRESSURE_MAX = 1000
export const MAX_POINTS_A_MESSAGE = 512
export const MAX_POINTS_A_STROKE = 20_000
export const PAPER_WIDTH = 14_800
export const PAPER_HEIGHT = 21_000

export type Role = 'student' | 'teacher' | 'auditor' | 'administrator'
export type Presence = 'online' | 'busy' | 'away' | 'offline'

export const SUBJECTS = [
  'chinese',
  'maths',
  'english',
  'ethics',
  'physics',
  'chemistry',
  'biology',
  'history',
  'geography',
] as const
export type Subject = (typeof SUBJECTS)[number]

export type CallOutcome =
  | 'accepted'
  | 'declined'
  | 'cancelled'
  | 'no_answer'
  | 'busy'
  | 'unavailable'
  | 'caller_gone'
  | 'teacher_gone'
  | 'answered_elsewhere'
  | 'failed'
export type Permission = 'draw' | 'clear' | 'upload' | 'end' | 'manage'
export type MemberLink = 'absent' | 'connected' | 'reconnecting' | 'left'
export type EndReason =
  'hung_up' | 'time_limit' | 'grace_over' | 'server_lost' | 'recorder_failed' | 'drained'
export type PageKind = 'paper' | 'photo' | 'blank'
export type Tool = 'pen' | 'highlighter'

export interface Hello {
  type: 'hello'
  versions: number[]
  token: string
  client: string
}
export interface Welcome {
  type: 'welcome'
  version: number
  person_id: string
  name: string
  role: Role
  now_ms: number
}
export interface Ping {
  type: 'ping'
  sent_ms: number
}
export interface Pong {
  type: 'pong'
  sent_ms: number
}
export interface Refused {
  type: 'refused'
  code: string
  text: string
  n: number | null
}
export interface Draining {
  type: 'draining'
  deadline_ms: number
}

/** Closes after which a client must not come back by itself: trying again cannot help. */
export const DO_NOT_RECONNECT: ReadonlySet<string> = new Set([
  'token_invalid',
  'token_revoked',
  'grant_invalid',
  'forbidden',
  'replaced',
  'session_ended',
  'version',
])
