// The room's state without a browser: events in order, holes, seats, own ink, undo.
// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import { OwnInk } from '@/net/ink'
import { emptyFacts, RoomState } from '@/net/room/state'
import { emptyBoard } from '@/wire/fold'
import type { Member, Operation, RoomEvent, Snapshot } from '@/wire/messages'

const style = { tool: 'pen' as const, colour: '#1d4ed8', width: 50 }

function member(id: string, role: Member['role'], more: Partial<Member> = {}): Member {
  const base = { member: id, name: id, role, link: 'connected', muted: false, pen: false }
  return { ...base, permissions: ['draw'], ...more } as Member
}

function snapshot(more: Partial<Snapshot> = {}): Snapshot {
  const board = emptyBoard()
  board.pages = [
    { page: 'p1', kind: 'blank', width: 14_800, height: 21_000, paper: '', photo: null },
  ]
  board.open_page = 'p1'
  return {
    type: 'snapshot',
    session: 's_1',
    you: 'stu',
    seq: 4,
    at: 1_000,
    last_n: 0,
    ends_at: 60_000,
    members: [member('aud', 'auditor'), member('stu', 'student'), member('tea', 'teacher')],
    board,
    chat: [],
    ...more,
  } as Snapshot
}

let ink: OwnInk
let state: RoomState
const event = (seq: number, fields: Record<string, unknown>) =>
  state.event({ seq, at: seq, ...fields } as unknown as RoomEvent)
const began = (seq: number, stroke: string, by: string, source: string) =>
  event(seq, { type: 'stroke_began', stroke, page: 'p1', member: by, source, ...style, points: [] })

beforeEach(() => {
  ink = new OwnInk()
  state = new RoomState(emptyFacts(ink), 'web', ink)
  state.snapshot(snapshot(), [])
})

describe('seats', () => {
  it('the other is who talks, never an auditor', () => {
    expect(state.facts.me?.member).toBe('stu')
    expect(state.facts.other?.member).toBe('tea')
  })

  it('a member who changes is replaced, a new one is added', () => {
    const silent = member('tea', 'teacher', { muted: true })
    event(5, { type: 'member_changed', member: silent })
    event(6, { type: 'member_changed', member: member('gua', 'auditor') })
    expect(state.facts.other?.muted).toBe(true)
    expect(state.facts.members).toHaveLength(4)
  })

  it('the pointer goes with the link of who points', () => {
    state.pointed({ type: 'pointed_at', member: 'tea', page: 'p1', x: 1, y: 2, visible: true })
    expect(state.facts.pointer?.x).toBe(1)
    const away = member('tea', 'teacher', { link: 'away' as Member['link'] })
    event(5, { type: 'member_changed', member: away })
    expect(state.facts.pointer).toBeNull()
  })

  it('one’s own pointer is not shown', () => {
    state.pointed({ type: 'pointed_at', member: 'stu', page: 'p1', x: 1, y: 2, visible: true })
    expect(state.facts.pointer).toBeNull()
  })
})

describe('order', () => {
  it('a known event changes nothing, a hole asks for the room anew', () => {
    expect(event(4, { type: 'said', member: 'tea', text: 'again' })).toBe('known')
    expect(event(6, { type: 'said', member: 'tea', text: 'too early' })).toBe('hole')
    expect(state.facts).toMatchObject({ seq: 4, chat: [], joined: false })
  })

  it('folds the next one', () => {
    expect(event(5, { type: 'said', member: 'tea', text: '你好' })).toBe('folded')
    expect(state.facts.chat.map((line) => line.text)).toEqual(['你好'])
  })

  it('the end forbids everything and says why', () => {
    expect(state.may('draw')).toBe(true)
    expect(event(5, { type: 'session_ended', reason: 'ended', member: 'tea' })).toBe('over')
    expect(state.may('draw')).toBe(false)
    state.closed('session_ended')
    expect(state.facts.ended).toEqual({ reason: 'ended', member: 'tea' })
  })

  it('a close that ends the session is an end even without its event', () => {
    state.closed('replaced')
    expect(state.facts.ended).toBeNull()
    state.closed('session_ended')
    expect(state.facts.ended).toEqual({ reason: 'unknown', member: null })
  })

  it('the time limit is told in this device’s time', () => {
    state.clock(500_000, 1_000, 60_000)
    expect(state.facts.endsAt).toBe(559_000)
    event(5, { type: 'time_warning', ends_at: 30_000 })
    expect(state.facts).toMatchObject({ endsAt: 529_000, warned: true })
  })
})

describe('own ink', () => {
  it('is shown until the board has it, and undone latest first', () => {
    state.begin('web.1', 'p1', [[0, 0, 500, 0]], style)
    expect(state.add('web.1', [[9, 9, 500, 8]])).toBe(true)
    expect(state.end('web.1')).toBe(true)
    expect(state.end('web.1')).toBe(false)
    expect(ink.strokes['web.1']?.points).toHaveLength(2)
    began(5, 'web.1', 'stu', 'web')
    event(6, { type: 'stroke_ended', stroke: 'web.1' })
    expect(ink.strokes).toEqual({})
    began(7, 'pen.1', 'stu', 'pen')
    began(8, 'tea.1', 'tea', 'web2')
    expect(state.lastOwn()).toBe('pen.1')
    state.undo('pen.1')
    expect(state.lastOwn()).toBe('web.1')
  })

  it('a refused stroke is taken back', () => {
    state.begin('web.1', 'p1', [], style)
    state.refused({ type: 'stroke_begin', n: 1, stroke: 'web.1', page: 'p1', ...style, points: [] })
    expect(state.lastOwn()).toBeNull()
  })

  it('after a reload what waits is drawn again, and an undo that waits hides', () => {
    const board = snapshot().board
    board.strokes['web.0'] = {
      ...style,
      stroke: 'web.0',
      page: 'p1',
      member: 'stu',
      source: 'web',
      points: [],
      ended: true,
    }
    const waiting: Operation[] = [
      { type: 'undo_stroke', n: 1, stroke: 'web.0' },
      { type: 'stroke_begin', n: 2, stroke: 'web.1', page: 'p1', ...style, points: [[0, 0, 1, 0]] },
      { type: 'stroke_points', n: 3, stroke: 'web.1', points: [[9, 9, 1, 8]] },
      { type: 'stroke_end', n: 4, stroke: 'web.1' },
    ]
    state.snapshot(snapshot({ board }), waiting)
    expect(ink.strokes['web.1']).toMatchObject({ ended: true, member: 'stu' })
    expect(ink.strokes['web.1']?.points).toHaveLength(2)
    expect([...ink.hidden]).toEqual(['web.0'])
    expect(state.lastOwn()).toBe('web.1')
  })
})
