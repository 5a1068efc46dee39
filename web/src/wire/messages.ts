// The messages of the lobby and room sockets, as wire/*.py defines them; field names are the wire's.

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

// --- the board ------------------------------------------------------------------------------

/** `[x, y, pressure, dt]`: 0.01 mm, 0.01 mm, 0 to 1000, ms since the stroke's previous point. */
export type Point = [x: number, y: number, pressure: number, dt: number]

export interface Page {
  page: string
  kind: PageKind
  width: number
  height: number
  paper: string
  photo: string | null
}

export interface Stroke {
  stroke: string
  page: string
  member: string
  source: string
  tool: Tool
  colour: string
  width: number
  points: Point[]
  ended: boolean
}

export interface ChatLine {
  seq: number
  at: number
  member: string
  text: string
}

/** Pages in their order, strokes in the order they began (the order of the object's keys). */
export interface Board {
  pages: Page[]
  strokes: Record<string, Stroke>
  open_page: string | null
}

// --- every socket ---------------------------------------------------------------------------

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

// --- lobby ----------------------------------------------------------------------------------

export interface LabelCount {
  label: string
  count: number
}
export interface TeacherCard {
  teacher: string
  name: string
  presence: Presence
  subjects: Subject[]
  grades: number[]
  school: string
  biography: string
  rating: number | null
  rated: number
  labels: LabelCount[]
}
export interface PastSession {
  session: string
  started_ms: number
  seconds: number
  teacher: string
  subject: Subject
  rating: number | null
  knowledge_points: string[]
  difficulty: number | null
  participation: number | null
}
export interface DueForm {
  session: string
  other: string
  subject: Subject
  started_ms: number
  ended_ms: number
  reason: string
}
export interface SetAvailability {
  type: 'set_availability'
  available: boolean
}
export interface CallTeacher {
  type: 'call_teacher'
  teacher: string
  subject: Subject
  note: string
}
export interface CancelCall {
  type: 'cancel_call'
  call: string
}
export interface AcceptCall {
  type: 'accept_call'
  call: string
}
export interface DeclineCall {
  type: 'decline_call'
  call: string
}
export interface Teachers {
  type: 'teachers'
  teachers: TeacherCard[]
}
export interface TeacherChanged {
  type: 'teacher_changed'
  teacher: TeacherCard
}
export interface Availability {
  type: 'availability'
  presence: Presence
}
export interface Ringing {
  type: 'ringing'
  call: string
  teacher: string
  deadline_ms: number
}
export interface IncomingCall {
  type: 'incoming_call'
  call: string
  student: string
  name: string
  grade: number
  school: string
  subject: Subject
  note: string
  deadline_ms: number
  history: PastSession[]
  sessions: number
}
export interface CallEnded {
  type: 'call_ended'
  call: string
  outcome: CallOutcome
}
export interface SessionReady {
  type: 'session_ready'
  call: string
  session: string
  url: string
  grant: string
  other: string
  subject: Subject
}
export interface FormsDue {
  type: 'forms_due'
  forms: DueForm[]
}

export type LobbyFromClient =
  Hello | Ping | SetAvailability | CallTeacher | CancelCall | AcceptCall | DeclineCall
export type LobbyFromServer =
  | Welcome
  | Pong
  | Refused
  | Draining
  | Teachers
  | TeacherChanged
  | Availability
  | Ringing
  | IncomingCall
  | CallEnded
  | SessionReady
  | FormsDue

// --- room -----------------------------------------------------------------------------------

export interface Member {
  member: string
  name: string
  role: Role
  link: MemberLink
  muted: boolean
  pen: boolean
  permissions: Permission[]
}
export interface Join {
  type: 'join'
  grant: string
  source: string
  resume_seq?: number
}
export interface Snapshot {
  type: 'snapshot'
  session: string
  you: string
  seq: number
  at: number
  last_n: number
  members: Member[]
  board: Board
  chat: ChatLine[]
  ends_at: number
}
export interface Resumed {
  type: 'resumed'
  session: string
  you: string
  seq: number
  at: number
  last_n: number
  ends_at: number
}

interface Numbered {
  n: number
}
export interface StrokeBegin extends Numbered {
  type: 'stroke_begin'
  stroke: string
  page?: string
  paper?: string
  tool: Tool
  colour: string
  width: number
  points: Point[]
}
export interface StrokePoints extends Numbered {
  type: 'stroke_points'
  stroke: string
  points: Point[]
}
export interface StrokeEnd extends Numbered {
  type: 'stroke_end'
  stroke: string
}
export interface UndoStroke extends Numbered {
  type: 'undo_stroke'
  stroke: string
}
export interface AddPage extends Numbered {
  type: 'add_page'
  page: string
  kind: PageKind
  width: number
  height: number
  photo?: string
}
export interface TurnPage extends Numbered {
  type: 'turn_page'
  page: string
}
export interface ClearPage extends Numbered {
  type: 'clear_page'
  page: string
}
export interface Say extends Numbered {
  type: 'say'
  text: string
}
export interface SetMuted extends Numbered {
  type: 'set_muted'
  muted: boolean
}
export interface SetPermissions extends Numbered {
  type: 'set_permissions'
  member: string
  permissions: Permission[]
}
export interface EndSession extends Numbered {
  type: 'end_session'
}
export type Operation =
  | StrokeBegin
  | StrokePoints
  | StrokeEnd
  | UndoStroke
  | AddPage
  | TurnPage
  | ClearPage
  | Say
  | SetMuted
  | SetPermissions
  | EndSession

export interface PointAt {
  type: 'point_at'
  page: string
  x: number
  y: number
  visible: boolean
}
export interface Leave {
  type: 'leave'
}

interface Sequenced {
  seq: number
  at: number
}
export interface StrokeBegan extends Sequenced {
  type: 'stroke_began'
  stroke: string
  page: string
  member: string
  source: string
  tool: Tool
  colour: string
  width: number
  points: Point[]
}
export interface PointsDrawn extends Sequenced {
  type: 'points_drawn'
  stroke: string
  points: Point[]
}
export interface StrokeEnded extends Sequenced {
  type: 'stroke_ended'
  stroke: string
}
export interface StrokeUndone extends Sequenced {
  type: 'stroke_undone'
  stroke: string
  member: string
}
export interface PageAdded extends Sequenced {
  type: 'page_added'
  member: string
  page: Page
}
export interface PageTurned extends Sequenced {
  type: 'page_turned'
  member: string
  page: string
}
export interface PageCleared extends Sequenced {
  type: 'page_cleared'
  member: string
  page: string
}
export interface Said extends Sequenced {
  type: 'said'
  member: string
  text: string
}
export interface MemberChanged extends Sequenced {
  type: 'member_changed'
  member: Member
}
export interface TimeWarning extends Sequenced {
  type: 'time_warning'
  ends_at: number
}
export interface SessionEnded extends Sequenced {
  type: 'session_ended'
  reason: EndReason
  member: string | null
}
export type RoomEvent =
  | StrokeBegan
  | PointsDrawn
  | StrokeEnded
  | StrokeUndone
  | PageAdded
  | PageTurned
  | PageCleared
  | Said
  | MemberChanged
  | TimeWarning
  | SessionEnded

export interface PointedAt {
  type: 'pointed_at'
  member: string
  page: string
  x: number
  y: number
  visible: boolean
}
export interface Ack {
  type: 'ack'
  n: number
}
export interface MediaOffer {
  type: 'media_offer'
  leg: string
  sdp: string
  restart: boolean
}
export interface MediaAnswer {
  type: 'media_answer'
  leg: string
  sdp: string
}
export interface MediaRestart {
  type: 'media_restart'
  fresh: boolean
}
export interface Quality {
  type: 'quality'
  member: string
  voice: 'new' | 'connecting' | 'connected' | 'interrupted' | 'closed'
  loss: number
  rtt_ms: number
  jitter_ms: number
  level: number
}

export type RoomFromClient =
  Hello | Ping | Join | Operation | PointAt | Leave | MediaAnswer | MediaRestart
export type RoomFromServer =
  | Welcome
  | Pong
  | Refused
  | Draining
  | Snapshot
  | Resumed
  | RoomEvent
  | PointedAt
  | Ack
  | MediaOffer
  | Quality

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
