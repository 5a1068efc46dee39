// What a tab knows of its room: events folded in order, own ink on top, who sits where. Pure.
import type { Room, StrokeStyle } from '../types'
import { apply, emptyBoard } from '@/wire/fold'
import type {
  ChatLine,
  Member,
  Operation,
  Permission,
  Point,
  PointedAt,
  Quality,
  RoomEvent,
  Snapshot,
} from '@/wire/messages'
import { OwnInk } from '../ink'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The fields of a room that its messages decide. */
export type Facts = Mutable<
  Pick<
    Room,
    | 'joined'
    | 'you'
    | 'members'
    | 'me'
    | 'other'
    | 'board'
    | 'version'
    | 'pages'
    | 'openPage'
    | 'penPage'
    | 'overlay'
    | 'hidden'
    | 'chat'
    | 'seq'
    | 'endsAt'
    | 'warned'
    | 'ended'
    | 'quality'
    | 'pointer'
  >
>

/** What became of an event: `hole` when one before it is missing, `over` when it was the last. */
export type Folded = 'folded' | 'known' | 'hole' | 'over'

/** Marks a large object as one that is watched by its `version` and not by its parts. */
export type Raw = <T extends object>(value: T) => T

export function emptyFacts(ink: OwnInk, raw: Raw = (value) => value): Facts {
  return {
    joined: false,
    you: null,
    members: [],
    me: null,
    other: null,
    board: raw(emptyBoard()),
    version: 0,
    pages: [],
    openPage: null,
    penPage: null,
    overlay: raw(ink.strokes),
    hidden: raw(ink.hidden),
    chat: [],
    seq: 0,
    endsAt: null,
    warned: false,
    ended: null,
    quality: {},
    pointer: null,
  }
}

/** What the source of every pen begins with, and of no tab. */
const PEN = 'pen-'

export class RoomState {
  private lines: ChatLine[] = []
  /** Own strokes in the order they began; some may be gone from the board meanwhile. */
  private mine: string[] = []
  private openedAt = 0

  /** `facts` are changed in place; `source` is this tab's name among the person's sources. */
  constructor(
    readonly facts: Facts,
    private readonly source: string,
    private readonly ink: OwnInk,
    private readonly raw: Raw = (value) => value,
  ) {}

  may(permission: Permission): boolean {
    return this.facts.ended === null && (this.facts.me?.permissions.includes(permission) ?? false)
  }

  /** The whole room anew; `waiting` are the operations it does not hold yet. */
  snapshot(message: Snapshot, waiting: readonly Operation[]): void {
    const { facts, ink } = this
    facts.seq = message.seq
    facts.you = message.you
    this.seat(message.members)
    facts.board = this.raw(message.board)
    this.lines = message.chat
    facts.chat = [...this.lines]
    facts.joined = true
    ink.reconcile(facts.board, waiting)
    this.redrawKept(waiting)
    this.mine = [...Object.values(facts.board.strokes), ...Object.values(ink.strokes)]
      .filter((stroke) => stroke.member === facts.you)
      .map((stroke) => stroke.stroke)
    facts.penPage = null
    this.turned()
    this.changed()
  }

  /** The room's clock said `at` ms when this device's said `now`. */
  clock(now: number, at: number, endsAt: number): void {
    this.openedAt = now - at
    this.facts.endsAt = this.openedAt + endsAt
  }

  event(event: RoomEvent): Folded {
    const { facts } = this
    if (event.seq !== facts.seq + 1) {
      if (event.seq <= facts.seq) return 'known'
      // A hole in the room's order cannot be mended by guessing.
      facts.joined = false
      return 'hole'
    }
    facts.seq = event.seq
    apply(facts.board, this.lines, event)
    this.ink.echoed(event)
    return this.shown(event)
  }

  pointed(message: PointedAt): void {
    if (message.member !== this.facts.you) this.facts.pointer = message
  }

  measured(message: Quality): void {
    this.facts.quality = { ...this.facts.quality, [message.member]: message }
  }

  /** The server would not do `operation`: what it drew is taken back. */
  refused(operation: Operation): void {
    this.ink.refused(operation)
    this.changed()
  }

  /** The room closed for a reason that ends it, and the event with the reason did not come. */
  closed(reason: string | null): void {
    if (reason === 'session_ended') this.facts.ended ??= { reason: 'unknown', member: null }
  }

  // --- own ink -----------------------------------------------------------------------------

  begin(stroke: string, page: string, points: readonly Point[], style: StrokeStyle): void {
    this.ink.begin({
      stroke,
      page,
      member: this.facts.you ?? '',
      source: this.source,
      ...style,
      points: [...points],
      ended: false,
    })
    this.mine.push(stroke)
    this.changed()
  }

  add(stroke: string, points: Point[]): boolean {
    if (points.length === 0 || !this.ink.add(stroke, points)) return false
    this.changed()
    return true
  }

  end(stroke: string): boolean {
    if (!this.ink.end(stroke)) return false
    this.changed()
    return true
  }

  undo(stroke: string): void {
    this.ink.undo(stroke)
    this.changed()
  }

  /** The latest own stroke of the open page that can be undone. */
  lastOwn(): string | null {
    const { board } = this.facts
    return (
      this.mine.findLast((id) => {
        const stroke = this.ink.strokes[id] ?? board.strokes[id]
        return stroke?.page === board.open_page && !this.ink.hidden.has(id)
      }) ?? null
    )
  }

  // -----------------------------------------------------------------------------------------

  private shown(event: RoomEvent): Folded {
    const { facts } = this
    switch (event.type) {
      case 'said':
        facts.chat = [...this.lines]
        break
      case 'member_changed':
        this.seat(withMember(facts.members, event.member))
        if (event.member.link !== 'connected' && facts.pointer?.member === event.member.member) {
          facts.pointer = null
        }
        break
      case 'page_turned':
        facts.penPage = null
        this.turned()
        this.changed()
        break
      case 'page_added':
        this.turned()
        this.changed()
        break
      case 'stroke_began':
        // Of one's own pen or other tab; what this tab drew is there already.
        if (event.member === facts.you && event.source !== this.source) this.mine.push(event.stroke)
        if (event.source.startsWith(PEN)) {
          facts.penPage = event.page === facts.openPage ? null : event.page
        }
        this.changed()
        break
      case 'time_warning':
        facts.endsAt = this.openedAt + event.ends_at
        facts.warned = true
        break
      case 'session_ended':
        facts.ended = { reason: event.reason, member: event.member }
        return 'over'
      default:
        this.changed()
    }
    return 'folded'
  }

  private seat(members: Member[]): void {
    const { facts } = this
    facts.members = members
    facts.me = members.find((member) => member.member === facts.you) ?? null
    facts.other = otherOf(members, facts.you)
  }

  /** After a reload: strokes that only the kept operations know are shown again. */
  private redrawKept(waiting: readonly Operation[]): void {
    const again = new Set<string>()
    for (const operation of waiting) {
      if (operation.type === 'undo_stroke') this.ink.hidden.add(operation.stroke)
      if (!('stroke' in operation) || operation.type === 'undo_stroke') continue
      if (operation.type === 'stroke_begin' && !this.ink.strokes[operation.stroke]) {
        const { stroke, page, tool, colour, width, points } = operation
        this.ink.begin({
          stroke,
          page: page ?? '',
          member: this.facts.you ?? '',
          source: this.source,
          tool,
          colour,
          width,
          points: [...points],
          ended: false,
        })
        again.add(stroke)
      } else if (again.has(operation.stroke)) {
        if (operation.type === 'stroke_points') this.ink.add(operation.stroke, operation.points)
        if (operation.type === 'stroke_end') this.ink.end(operation.stroke)
      }
    }
  }

  private turned(): void {
    this.facts.pages = this.raw([...this.facts.board.pages])
    this.facts.openPage = this.facts.board.open_page
  }

  private changed(): void {
    this.facts.version += 1
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
