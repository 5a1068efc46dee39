// Messages of the room socket; as wire/room.py.
import type { Board, ChatLine, Page, Point } from './board'
import type {
  Draining,
  EndReason,
  Hello,
  MemberLink,
  PageKind,
  Permission,
  Ping,
  Pong,
  Refused,
  Role,
  Tool,
  Welcome,
} from './common'

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
