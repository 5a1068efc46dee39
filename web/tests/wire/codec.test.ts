// Messages to bytes and back, against the examples the server's tests read too.
import { readFileSync } from 'node:fs'
import { encode as pack } from '@msgpack/msgpack'
import { describe, expect, it } from 'vitest'
import { checkEvent, decodeLobby, decodeRoom, decodeValue, encode, WireError } from '@/wire/codec'
import type { RoomFromClient } from '@/wire/messages'

type Examples = Record<string, { json: Record<string, unknown>; hex: string }>
const examples = JSON.parse(readFileSync('../tests/fixtures/messages.json', 'utf8')) as Examples
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))

const LOBBY_IN = ['teachers', 'teacher_changed', 'availability', 'ringing', 'incoming_call']
const LOBBY_ALL = [...LOBBY_IN, 'call_ended', 'session_ready', 'forms_due']
const BOTH_IN = ['welcome', 'pong', 'refused', 'draining']
const ROOM_IN = [
  'snapshot',
  'resumed',
  'stroke_began',
  'points_drawn',
  'stroke_ended',
  'stroke_undone',
  'page_added',
  'page_turned',
  'page_cleared',
  'said',
  'member_changed',
  'time_warning',
  'session_ended',
  'pointed_at',
  'ack',
  'media_offer',
  'quality',
]

describe('what the server sends', () => {
  it.each([...BOTH_IN, ...LOBBY_ALL])('%s is read on the lobby socket', (type) => {
    expect(decodeLobby(bytes(examples[type]!.hex))).toEqual(examples[type]!.json)
  })
  it.each([...BOTH_IN, ...ROOM_IN])('%s is read on the room socket', (type) => {
    expect(decodeRoom(bytes(examples[type]!.hex))).toEqual(examples[type]!.json)
  })
})

describe('what the page sends', () => {
  const OUT = ['hello', 'ping', 'call_teacher', 'join', 'stroke_begin', 'stroke_points', 'say']
  const ALL_OUT = [...OUT, 'add_page', 'set_permissions', 'point_at', 'media_answer', 'end_session']
  it.each(ALL_OUT)('%s is the same message as the example', (type) => {
    const { json, hex } = examples[type]!
    const sent = encode(json as unknown as RoomFromClient)
    expect(decodeValue(sent)).toEqual(decodeValue(bytes(hex)))
  })

  it('leaves undefined fields out, which msgpack would turn into nil', () => {
    const join = { type: 'join', grant: 'g', source: 's', resume_seq: undefined }
    expect(decodeValue(encode(join as unknown as RoomFromClient))).toEqual({
      type: 'join',
      grant: 'g',
      source: 's',
    })
  })

  it('refuses to make a frame the server would not take', () => {
    expect(() => encode({ type: 'say', n: 1, text: 'x'.repeat(70_000) })).toThrow(WireError)
  })
})

describe('what is no message', () => {
  const code = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      if (error instanceof WireError) return error.code
      throw error
    }
    return 'nothing thrown'
  }
  it.each([
    ['an unknown type', pack({ type: 'invented' })],
    ['a type of the other socket', pack({ type: 'teachers', teachers: [] })],
    ['the name of an inherited property', pack({ type: 'toString' })],
    ['no map', pack([1, 2])],
    ['nil', pack(null)],
    ['a missing field', pack({ type: 'ack' })],
    ['a wrong type', pack({ type: 'ack', n: '3' })],
    ['no bytes', new Uint8Array()],
    ['half a frame', bytes(examples.snapshot!.hex).slice(0, 40)],
    ['bytes that are not msgpack', Uint8Array.of(0xc1)],
    ['two values in one frame', Uint8Array.of(0x01, 0x02)],
  ])('%s', (_, frame) => {
    expect(code(() => decodeRoom(frame))).toBe('bad_message')
  })
  it('too large', () => {
    expect(code(() => decodeValue(new Uint8Array(11), 10))).toBe('too_large')
  })
  it('an event of a recording that is none', () => {
    expect(code(() => checkEvent({ type: 'ack', n: 1 }))).toBe('bad_message')
  })
})
