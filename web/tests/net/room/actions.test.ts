// What a page may ask: each action's operation, and what is not asked at all.
// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { OwnInk } from '@/net/ink'
import { makeActions, photoStore, type Actions } from '@/net/room/actions'
import { emptyFacts, RoomState } from '@/net/room/state'
import type { Member } from '@/wire/messages'

const style = { tool: 'pen' as const, colour: '#1d4ed8', width: 50 }

describe('makeActions', () => {
  let state: RoomState
  let actions: Actions
  const link = { operate: vi.fn(), send: vi.fn(() => true), sendLatest: vi.fn(), full: false }
  const leave = vi.fn()
  const setMuted = vi.fn()
  beforeEach(() => {
    vi.clearAllMocks()
    link.full = false
    const ink = new OwnInk()
    state = new RoomState(emptyFacts(ink), 'web', ink)
    const me = { member: 'stu', role: 'student', permissions: ['draw'] } as unknown as Member
    Object.assign(state.facts, { joined: true, you: 'stu', me })
    actions = makeActions({
      state,
      link,
      source: 'web',
      now: () => 36,
      setMuted,
      leave,
      upload: async () => ({ photo: 'ph_1', width: 100, height: 4000 }),
      loadPhoto: () => Promise.reject(new Error('unused')),
    })
  })
  const asked = () => link.operate.mock.calls.map(([operation]) => operation)

  it('draws a stroke as begin, points and end', () => {
    const stroke = actions.beginStroke('p1', [[0, 0, 500, 0]], style)!
    expect(stroke).toBe('web.10-1')
    actions.addPoints(stroke, [])
    actions.addPoints(stroke, [[9, 9, 500, 8]])
    actions.endStroke(stroke)
    actions.endStroke(stroke)
    expect(asked().map((operation) => operation.type)).toEqual([
      'stroke_begin',
      'stroke_points',
      'stroke_end',
    ])
  })

  it.each([
    ['before the room is known', () => (state.facts.joined = false)],
    ['when too much waits', () => (link.full = true)],
    ['without the right', () => (state.facts.me!.permissions = [])],
    ['after the end', () => (state.facts.ended = { reason: 'ended', member: null })],
  ])('does not draw %s', (_, happen) => {
    happen()
    expect(actions.beginStroke('p1', [], style)).toBeNull()
    expect(asked()).toEqual([])
  })

  it('asks nothing of a room that is over', () => {
    state.facts.ended = { reason: 'ended', member: null }
    actions.say('still here')
    actions.end()
    expect(asked()).toEqual([])
  })

  it('says trimmed text of 2000 letters at most, and no blank', () => {
    actions.say('  ')
    actions.say(` ${'x'.repeat(2100)} `)
    expect(asked()).toEqual([{ type: 'say', text: 'x'.repeat(2000) }])
  })

  it('turns to another page only', () => {
    state.facts.board.open_page = 'p1'
    actions.turnPage('p1')
    actions.turnPage('p2')
    expect(asked()).toEqual([{ type: 'turn_page', page: 'p2' }])
  })

  it('a photo becomes a page as high as paper and at least a centimetre wide', async () => {
    await actions.uploadPhoto(new Blob())
    expect(asked()[0]).toMatchObject({ type: 'add_page', photo: 'ph_1', width: 1_000 })
  })

  it('mutes here and tells the room; points as whole units; leaves at once', () => {
    actions.setMuted(true)
    expect(setMuted).toHaveBeenCalledWith(true)
    expect(asked()).toEqual([{ type: 'set_muted', muted: true }])
    actions.pointAt('p1', 1.4, 2.6, true)
    expect(link.sendLatest).toHaveBeenCalledWith(
      expect.objectContaining({ type: 'point_at', x: 1, y: 3 }),
    )
    actions.leave()
    expect(link.send).toHaveBeenCalledWith({ type: 'leave' })
    expect(leave).toHaveBeenCalled()
  })
})

describe('photoStore', () => {
  it('fetches each photo once, and again after a failure', async () => {
    const picture = {} as ImageBitmap
    const fetch = vi.fn().mockRejectedValueOnce(new Error('down')).mockResolvedValue(picture)
    const store = photoStore(fetch)
    await expect(store.load('a')).rejects.toThrow('down')
    expect(await store.load('a')).toBe(picture)
    expect(await store.load('a')).toBe(picture)
    expect(fetch).toHaveBeenCalledTimes(2)
  })
})
