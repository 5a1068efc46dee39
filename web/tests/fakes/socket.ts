// A WebSocket whose other end the test holds: what was sent to it, and what it says.
import { decode, encode } from '@msgpack/msgpack'

type Message = Record<string, unknown> & { type: string }

export class FakeSocket {
  static all: FakeSocket[] = []
  static get last(): FakeSocket {
    return FakeSocket.all.at(-1)!
  }

  binaryType = ''
  readyState = 0
  bufferedAmount = 0
  sent: Message[] = []
  /** Whether the server answers pings, so that time may pass. */
  lives = false
  onopen: (() => void) | null = null
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null

  constructor(readonly url: string) {
    FakeSocket.all.push(this)
  }

  static create = (url: string): WebSocket => new FakeSocket(url) as unknown as WebSocket

  send(frame: Uint8Array): void {
    if (this.readyState !== 1) throw new Error('sent on a socket that is not open')
    const message = decode(frame) as Message
    this.sent.push(message)
    if (this.lives && message.type === 'ping') {
      queueMicrotask(() => this.say({ type: 'pong', sent_ms: message.sent_ms, now_ms: Date.now() }))
    }
  }

  close(): void {
    this.readyState = 3
  }

  // --- the server's side -------------------------------------------------------------------

  open(): void {
    this.readyState = 1
    this.onopen?.()
  }

  say(message: Message): void {
    const frame = encode(message)
    const data = frame.buffer.slice(frame.byteOffset, frame.byteOffset + frame.byteLength)
    this.onmessage?.({ data: data as ArrayBuffer })
  }

  welcome(): void {
    this.open()
    this.say({
      type: 'welcome',
      version: 1,
      person_id: 'p_1',
      name: '林小雨',
      role: 'student',
      now_ms: Date.now(),
    })
  }

  drop(reason = ''): void {
    this.readyState = 3
    this.onclose?.({ code: 4000, reason })
  }

  of(type: string): Message[] {
    return this.sent.filter((message) => message.type === type)
  }
}
