// Messages of the lobby socket; as wire/lobby.py.
import type {
  CallOutcome,
  Draining,
  Hello,
  Ping,
  Pong,
  Presence,
  Refused,
  Subject,
  Welcome,
} from './common'

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
