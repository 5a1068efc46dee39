// What pages see of the net layer: people, rows of the HTTP API, lobby and room.
import type { Voice } from '@/media/types'
import type { Schemas } from './described'
import type {
  Board,
  CallOutcome,
  ChatLine,
  DueForm,
  EndReason,
  IncomingCall,
  Member,
  Page,
  PageKind,
  Permission,
  Point,
  Presence,
  Quality,
  RoomEvent,
  SessionReady,
  Stroke,
  Subject,
  TeacherCard,
  Tool,
} from '@/wire/messages'

// --- rows of the HTTP API, as the server describes them --------------------------------------

export type Person = Schemas['Person']
export type PastSessionRow = Schemas['MySession']
export type Vocabulary = Schemas['Vocabulary']
export type RatingForm = Schemas['Rating']
export type ReportForm = Schemas['Report']
export type UploadedPhoto = Schemas['PhotoKept']
export type RecordingRow = Schemas['RecordingRow']
export type RecordingDetail = Schemas['OneRecording']
export type PairedPen = Schemas['MyPen']

/** Not JSON, so the description does not have it. */
export interface RecordedEvents {
  duration_ms: number
  voices: { member: string; side: 'left' | 'right' }[]
  events: RoomEvent[]
}

// --- sockets --------------------------------------------------------------------------------

/** `connecting` before the first welcome, `lost` while trying again, `closed` for good. */
export type SocketState = 'connecting' | 'open' | 'lost' | 'closed'

export interface Ring {
  call: string
  teacher: string
  /** Unix ms of this device's clock (the server's deadline, corrected by the clocks' offset). */
  deadline: number
}

/** Reactive: read its fields in templates and watchers as they are. */
export interface Lobby {
  readonly state: SocketState
  /** Close reason or refusal code once `state` is `closed`. */
  readonly closeReason: string | null
  /** False until the first list of teachers came. */
  readonly loaded: boolean
  readonly teachers: TeacherCard[]
  /** A teacher's own presence, null before the server said it. */
  readonly presence: Presence | null
  /** Student: the call that rings now, and the one asked for before the server answered. */
  readonly ringing: Ring | null
  readonly calling: { teacher: string; subject: Subject; note: string } | null
  /** Teacher: the calls ringing here. `deadline_ms` is corrected to this device's clock. */
  readonly incoming: IncomingCall[]
  /** The session to enter or to return to. */
  readonly ready: SessionReady | null
  readonly forms: DueForm[]
  readonly lastOutcome: { call: string; outcome: CallOutcome | string; teacher?: string } | null
  /** Unix ms of this device's clock until which running sessions may go on; null normally. */
  readonly draining: number | null
  /** The last refusal that belongs to nothing on screen; `clearNotice` when shown. */
  readonly notice: { code: string; text: string } | null
  /** Add to `Date.now()` to get the server's Unix ms. */
  readonly clockOffset: number
  start(): void
  stop(): void
  setAvailable(available: boolean): void
  call(teacher: string, subject: Subject, note?: string): void
  cancel(): void
  accept(call: string): void
  decline(call: string): void
  clearOutcome(): void
  clearNotice(): void
  clearReady(session?: string): void
  /** Take a form off the list after it was sent, before the server says so. */
  formSent(session: string): void
}

export interface Pointer {
  member: string
  page: string
  x: number
  y: number
  visible: boolean
}

/** Reactive: read its fields in templates and watchers as they are. */
export interface Room {
  readonly session: string
  readonly subject: Subject
  readonly otherName: string
  readonly link: SocketState
  readonly closeReason: string | null
  /** True once the first snapshot is here. */
  readonly joined: boolean
  readonly you: string | null
  readonly members: Member[]
  readonly me: Member | null
  /** The first other member who is student or teacher. */
  readonly other: Member | null
  /** Raw object changed in place; `version` counts its changes. */
  readonly board: Board
  readonly version: number
  /** The board's pages and its open one, as refs that change only when they do: what shows them
   * does not have to re-render at the pace of the ink. */
  readonly pages: Page[]
  readonly openPage: string | null
  /** The page a pen writes on while another is open, until a page is turned. */
  readonly penPage: string | null
  /** Own ink the server has not echoed yet: whole strokes, drawn instead of the board's. */
  readonly overlay: Record<string, Stroke>
  /** Own strokes already asked to be undone: not drawn. */
  readonly hidden: ReadonlySet<string>
  readonly chat: ChatLine[]
  readonly seq: number
  /** Unix ms of this device's clock when the time limit ends the session. */
  readonly endsAt: number | null
  /** Set by the server's warning before the time limit. */
  readonly warned: boolean
  readonly ended: { reason: EndReason | string; member: string | null } | null
  readonly quality: Record<string, Quality>
  readonly pointer: Pointer | null
  readonly draining: number | null
  readonly notice: { code: string; text: string } | null
  /** Operations not yet acknowledged; `full` says that no more ink is taken until they are. */
  readonly waiting: number
  readonly full: boolean
  /** Lines of the chat among them, so that nobody writes one twice. */
  readonly unsaid: readonly string[]
  readonly voice: Voice
  may(permission: Permission): boolean
  /** Returns the stroke's id, or null when drawing is not possible now. */
  beginStroke(page: string, points: Point[], style: StrokeStyle): string | null
  addPoints(stroke: string, points: Point[]): void
  endStroke(stroke: string): void
  undo(stroke?: string): void
  canUndo(): boolean
  addPage(kind: PageKind, width: number, height: number, photo?: string): string
  turnPage(page: string): void
  clearPage(page: string): void
  say(text: string): void
  setMuted(muted: boolean): void
  setPermissions(member: string, permissions: Permission[]): void
  pointAt(page: string, x: number, y: number, visible: boolean): void
  end(): void
  /** Close this tab's place at once, without ending the session for the other side. */
  leave(): void
  /** Upload and add as a page. Progress is 0 to 1. Throws ApiError. */
  uploadPhoto(file: Blob, progress?: (share: number) => void): Promise<void>
  loadPhoto(photo: string): Promise<ImageBitmap>
  clearNotice(): void
  /** The board view tells when it painted what. Unix-like ms, performance.timeOrigin based. */
  painted(at: number): void
}

export interface StrokeStyle {
  tool: Tool
  colour: string
  width: number
}
