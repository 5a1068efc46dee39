// A replay at any time is the fold of the events from the start up to that time.
import { describe, expect, it } from 'vitest'
import { emptyMoment, foldInto, landmarksOf, Replay, spansOf } from '@/features/replay/replay'
import type { Moment } from '@/features/replay/replay'
import type { Member, Point, RoomEvent } from '@/wire/messages'

/** Mulberry32: small, seeded, so a failing run can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const MINUTE = 60_000

function member(id: string, more: Partial<Member> = {}): Member {
  return {
    member: id,
    name: id,
    role: id === 'stu' ? 'student' : 'teacher',
    link: 'connected',
    muted: false,
    pen: false,
    permissions: [],
    ...more,
  }
}

/** A session of `minutes` with pages, strokes of both, undo, clear, chat and lost connections. */
function session(seed: number, minutes: number, strokesAMinute = 20): RoomEvent[] {
  const random = randomFrom(seed)
  const events: RoomEvent[] = []
  let seq = 0
  let at = 0
  const next = (): { seq: number; at: number } => ({ seq: ++seq, at: Math.round(at) })
  const pages: string[] = []
  let drawn: string[] = []
  events.push({ type: 'member_changed', ...next(), member: member('tea') })
  events.push({ type: 'member_changed', ...next(), member: member('stu') })
  const points = (count: number): Point[] =>
    Array.from({ length: count }, () => [
      Math.floor(random() * 14_000),
      Math.floor(random() * 20_000),
      Math.floor(random() * 1000),
      12,
    ])
  let stroke = 0
  while (at < minutes * MINUTE) {
    const dice = random()
    if (pages.length === 0 || dice < 0.02) {
      const page = `p${pages.length}`
      pages.push(page)
      const kind = random() < 0.3 ? 'photo' : 'paper'
      events.push({
        type: 'page_added',
        ...next(),
        member: 'tea',
        page: { page, kind, width: 14_800, height: 21_000, paper: '', photo: null },
      })
      events.push({ type: 'page_turned', ...next(), member: 'tea', page })
    } else if (dice < 0.05) {
      const page = pages[Math.floor(random() * pages.length)]!
      events.push({ type: 'page_turned', ...next(), member: 'tea', page })
    } else if (dice < 0.06) {
      const page = pages[Math.floor(random() * pages.length)]!
      events.push({ type: 'page_cleared', ...next(), member: 'tea', page })
      drawn = []
    } else if (dice < 0.1 && drawn.length > 0) {
      events.push({ type: 'stroke_undone', ...next(), stroke: drawn.pop()!, member: 'tea' })
    } else if (dice < 0.14) {
      events.push({ type: 'said', ...next(), member: 'stu', text: `line ${seq}` })
    } else if (dice < 0.17) {
      const link = random() < 0.5 ? 'reconnecting' : 'connected'
      const muted = random() < 0.5
      events.push({ type: 'member_changed', ...next(), member: member('stu', { link, muted }) })
    } else {
      const id = `tea1.${++stroke}`
      events.push({
        type: 'stroke_began',
        ...next(),
        stroke: id,
        page: pages[Math.floor(random() * pages.length)]!,
        member: 'tea',
        source: 'tea1',
        tool: 'pen',
        colour: '#1a1a1a',
        width: 50,
        points: points(1),
      })
      for (let batch = 0; batch < 10; batch += 1) {
        at += 40
        events.push({ type: 'points_drawn', ...next(), stroke: id, points: points(4) })
      }
      events.push({ type: 'stroke_ended', ...next(), stroke: id })
      drawn.push(id)
    }
    at += (random() * 2 * MINUTE) / strokesAMinute / 1.5
  }
  events.push({ type: 'session_ended', ...next(), reason: 'hung_up', member: 'stu' })
  return events
}

function foldFromStart(events: readonly RoomEvent[], at: number): Moment {
  const moment = emptyMoment()
  for (const event of events) if (event.at <= at) foldInto(moment, event)
  moment.at = at
  return moment
}

/** A deep, plain copy in which the order of the strokes counts too. */
function shape(moment: Moment): unknown {
  return JSON.parse(
    JSON.stringify({
      ...moment,
      board: { ...moment.board, strokes: Object.entries(moment.board.strokes) },
      members: [...moment.members],
    }),
  )
}

describe('Replay', () => {
  it.each([1, 2, 3, 4])('is the fold from the start wherever one seeks (seed %i)', (seed) => {
    const events = session(seed, 20, 30)
    const replay = new Replay(events, 20 * MINUTE)
    expect(replay.events.length).toBeGreaterThan(4500) // several checkpoints
    const random = randomFrom(seed + 1000)
    for (let turn = 0; turn < 16; turn += 1) {
      // Half the seeks land exactly on an event, the edge where one off would show.
      const event = events[Math.floor(random() * events.length)]!
      const at = random() < 0.5 ? event.at : Math.floor(random() * replay.durationMs)
      replay.seek(at)
      expect(shape(replay.moment), `seed ${seed}, at ${at}`).toEqual(
        shape(foldFromStart(events, at)),
      )
    }
  })

  it('plays forward to the same board as the room had at the end', () => {
    const events = session(9, 5)
    const replay = new Replay(events, 5 * MINUTE)
    for (let at = 0; at <= replay.durationMs + 100; at += 97) replay.seek(at)
    expect(shape(replay.moment)).toEqual(shape(foldFromStart(events, replay.durationMs)))
    expect(replay.moment.ended).toBe('hung_up')
  })

  it('shows the points of a stroke as they came', () => {
    const events = session(5, 2)
    const began = events.find((event) => event.type === 'stroke_began')!
    const id = (began as { stroke: string }).stroke
    const replay = new Replay(events, 2 * MINUTE)
    replay.seek(began.at - 1)
    expect(replay.moment.board.strokes[id]).toBeUndefined()
    replay.seek(began.at)
    expect(replay.moment.board.strokes[id]!.points).toHaveLength(1)
    replay.seek(began.at + 40)
    expect(replay.moment.board.strokes[id]!.points).toHaveLength(5)
    expect(replay.moment.board.strokes[id]!.ended).toBe(false)
    replay.seek(began.at + 400)
    expect(replay.moment.board.strokes[id]!.points).toHaveLength(41)
    expect(replay.moment.board.strokes[id]!.ended).toBe(true)
  })

  it('says when the board is another object, so that it is drawn anew', () => {
    const events = session(6, 10, 30)
    const replay = new Replay(events, 10 * MINUTE)
    replay.seek(2 * MINUTE)
    const board = replay.moment.board
    expect(replay.seek(2 * MINUTE + 500)).toBe(false)
    expect(replay.moment.board).toBe(board)
    expect(replay.seek(MINUTE)).toBe(true)
    expect(replay.moment.board).not.toBe(board)
  })

  it('a seek does not disturb what another seek shows', () => {
    const events = session(7, 10, 30)
    const replay = new Replay(events, 10 * MINUTE)
    replay.seek(3 * MINUTE)
    const first = shape(replay.moment)
    replay.seek(9 * MINUTE)
    replay.seek(3 * MINUTE)
    expect(shape(replay.moment)).toEqual(first)
  })

  it('seeks in a full 30-minute session in less than 100 ms', () => {
    // 30 minutes of unbroken writing: 100 Hz points in batches of four, the most a pen can do.
    const events: RoomEvent[] = session(8, 30, 180)
    const points = events.reduce(
      (sum, event) => sum + ('points' in event ? event.points.length : 0),
      0,
    )
    expect(points).toBeGreaterThan(100_000)
    const replay = new Replay(events, 30 * MINUTE)
    const random = randomFrom(42)
    const took: number[] = []
    for (let turn = 0; turn < 60; turn += 1) {
      const target = random() * 30 * MINUTE
      const from = performance.now()
      replay.seek(target)
      took.push(performance.now() - from)
    }
    took.sort((a, b) => a - b)
    // The median: one collection of garbage or a busy machine must not decide.
    expect(took[30]!).toBeLessThan(100)
  })

  it('bears a recording without events and times beyond its ends', () => {
    const replay = new Replay([], 1000)
    replay.seek(-5)
    expect(replay.moment.at).toBe(0)
    replay.seek(99_999)
    expect(replay.moment.at).toBe(1000)
    expect(replay.moment.board.pages).toEqual([])
    expect(replay.landmarks).toEqual([])
  })

  it('lasts as long as its events when the file says less', () => {
    const events = session(3, 1)
    const last = events[events.length - 1]!.at
    expect(new Replay(events, 0).durationMs).toBe(last)
  })
})

describe('spansOf', () => {
  const change = (at: number, more: Partial<Member>): RoomEvent => ({
    type: 'member_changed',
    seq: at,
    at,
    member: member('stu', more),
  })

  it('tells when a member was lost and when muted', () => {
    const spans = spansOf(
      [
        change(0, { link: 'absent' }),
        change(1000, {}),
        change(5000, { link: 'reconnecting' }),
        change(7000, { muted: true }),
        change(9000, { link: 'connected' }),
        { type: 'session_ended', seq: 9, at: 20_000, reason: 'hung_up', member: null },
      ],
      30_000,
    )
    expect(spans).toEqual([
      { member: 'stu', kind: 'absent', from: 0, to: 1000 },
      { member: 'stu', kind: 'reconnecting', from: 5000, to: 7000 },
      { member: 'stu', kind: 'muted', from: 7000, to: 9000 },
    ])
  })

  it('lets a span run on to the end of a recording that breaks off', () => {
    expect(spansOf([change(2000, { link: 'reconnecting' })], 8000)).toEqual([
      { member: 'stu', kind: 'reconnecting', from: 2000, to: 8000 },
    ])
  })
})

describe('landmarksOf', () => {
  it('joins the strokes of one bout of writing into one entry', () => {
    const stroke = (at: number, page: string): RoomEvent => ({
      type: 'stroke_began',
      seq: at,
      at,
      stroke: `t.${at}`,
      page,
      member: 'tea',
      source: 't',
      tool: 'pen',
      colour: '#1a1a1a',
      width: 50,
      points: [[0, 0, 0, 0]],
    })
    const found = landmarksOf([
      stroke(0, 'a'),
      stroke(4000, 'a'),
      stroke(12_000, 'a'),
      stroke(13_000, 'b'),
      stroke(40_000, 'a'),
    ])
    expect(found.map(({ at, page }) => [at, page])).toEqual([
      [0, 'a'],
      [13_000, 'b'],
      [40_000, 'a'],
    ])
  })

  it('says once that a page was added and opened', () => {
    const page = (id: string, at: number): RoomEvent[] => [
      {
        type: 'page_added',
        seq: at,
        at,
        member: 'tea',
        page: { page: id, kind: 'blank', width: 14_800, height: 21_000, paper: '', photo: null },
      },
      { type: 'page_turned', seq: at + 1, at, member: 'tea', page: id },
    ]
    const found = landmarksOf([
      ...page('a', 0),
      ...page('b', 5),
      { type: 'page_turned', seq: 9, at: 9, member: 'tea', page: 'a' },
      { type: 'page_turned', seq: 10, at: 10, member: 'tea', page: 'b' },
      // A pen's sheet takes the place of the first page.
      page('a', 11)[0]!,
      { type: 'page_turned', seq: 12, at: 11, member: 'tea', page: 'a' },
      // A page that is added and turned to later.
      page('c', 13)[0]!,
      { type: 'said', seq: 14, at: 13, member: 'tea', text: 'here' },
      { type: 'page_turned', seq: 15, at: 15, member: 'tea', page: 'c' },
    ])
    expect(found.map(({ kind, page: id }) => [kind, id])).toEqual([
      ['page_added', 'a'],
      ['page_added', 'b'],
      ['page_turned', 'a'],
      ['page_turned', 'b'],
      ['page_turned', 'a'],
      ['page_added', 'c'],
      ['said', null],
      ['page_turned', 'c'],
    ])
  })

  it('names what changed about a member', () => {
    const change = (at: number, more: Partial<Member>): RoomEvent => ({
      type: 'member_changed',
      seq: at,
      at,
      member: member('stu', more),
    })
    const found = landmarksOf([
      change(1, {}),
      change(2, { pen: true }),
      change(3, { pen: true, muted: true }),
      change(4, { pen: true, muted: true, link: 'reconnecting' }),
      change(5, { pen: false, muted: false }),
    ])
    expect(found.map(({ at, kind }) => [at, kind])).toEqual([
      [1, 'joined'],
      [2, 'pen_connected'],
      [3, 'muted'],
      [4, 'reconnecting'],
      [5, 'came_back'],
      [5, 'unmuted'],
      [5, 'pen_lost'],
    ])
  })
})
