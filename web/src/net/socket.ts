// A msgpack WebSocket that says hello, keeps asking whether it lives, and comes back by itself.
//
//   connecting ──welcome──> open ──loss, silence──> lost ──welcome──> open
//        └──────────── a close that forbids coming back, or close() ────────────> closed
import { encode } from '@/wire/codec'
import { DO_NOT_RECONNECT, PROTOCOL_VERSION } from '@/wire/messages'
import type {
  Hello,
  LobbyFromClient,
  Ping,
  Pong,
  Refused,
  RoomFromClient,
  Welcome,
} from '@/wire/messages'
import { ApiError } from './http'
import type { SocketState } from './types'

const PING_EVERY_MS = 5_000
const SILENCE_MS = 12_000
/** After the network changed or the tab came back, a living socket answers within this. */
const PROBE_MS = 2_500
const WELCOME_WITHIN_MS = 10_000
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 5_000

type FromServer = { type: string }
type ToServer = { type: string }

export interface SocketOptions<In extends FromServer> {
  /** Path or full ws URL. */
  url: string
  decode: (frame: ArrayBuffer) => In
  /** An access token; `fresh` after the server called the last one expired. */
  token: (fresh: boolean) => Promise<string>
  onState: (state: SocketState, reason: string | null) => void
  /** Everything but welcome and pong, in order. */
  onMessage: (message: In) => void
  /** Sent to the server right after its welcome, before `onState('open')`. */
  onWelcome: (welcome: Welcome) => void
  /** For tests: makes the WebSocket. */
  create?: (url: string) => WebSocket
}

export function absolute(url: string): string {
  const full = new URL(url, location.href)
  full.protocol = full.protocol.replace(/^http/, 'ws')
  return full.href
}

/** `Out` is what may be sent: a part with messages of its own names them. */
export class InkSocket<
  In extends FromServer,
  Out extends ToServer = LobbyFromClient | RoomFromClient,
> {
  state: SocketState = 'connecting'
  private socket: WebSocket | null = null
  private welcomed = false
  private attempt = 0
  private fresh = false
  /** The refusal that came just before a close: browsers may hide the close's own reason. */
  private refused: string | null = null
  private lastPong = 0
  private timers = new Set<ReturnType<typeof setTimeout>>()
  private era = 0

  constructor(private readonly options: SocketOptions<In>) {
    window.addEventListener('online', this.nudge)
    window.addEventListener('offline', this.nudge)
    window.addEventListener('pageshow', this.nudge)
    document.addEventListener('visibilitychange', this.nudge)
    void this.connect()
  }

  /** True when the message went out; false while there is no welcomed socket. */
  send(message: Out): boolean {
    return this.put(message)
  }

  private put(message: ToServer): boolean {
    if (!this.welcomed || !this.socket || this.socket.readyState !== 1) return false
    this.socket.send(encode(message))
    return true
  }

  /** Bytes handed over that the network has not taken yet. */
  get buffered(): number {
    return this.socket?.bufferedAmount ?? 0
  }

  close(): void {
    this.finish('closed_here')
  }

  /** Drop this connection and make a new one at once. */
  reconnect(): void {
    if (this.state !== 'closed') this.lose(null, true)
  }

  private async connect(): Promise<void> {
    this.clearTimers()
    const era = ++this.era
    this.refused = null
    this.welcomed = false
    let token: string
    try {
      token = await this.options.token(this.fresh)
      this.fresh = false
    } catch (error) {
      if (era !== this.era || this.state === 'closed') return
      if (error instanceof ApiError && error.status === 401) this.finish('token_invalid')
      else this.lose(null)
      return
    }
    if (era !== this.era || this.state === 'closed') return
    const create = this.options.create ?? ((url: string) => new WebSocket(url))
    const socket = create(absolute(this.options.url))
    this.socket = socket
    socket.binaryType = 'arraybuffer'
    this.after(WELCOME_WITHIN_MS, () => this.lose(null))
    socket.onopen = () => {
      const hello: Hello = {
        type: 'hello',
        versions: [PROTOCOL_VERSION],
        token,
        client: 'web',
      }
      socket.send(encode(hello))
    }
    socket.onmessage = (event: MessageEvent) => {
      if (era === this.era) this.receive(event.data)
    }
    socket.onclose = (event: CloseEvent) => {
      if (era === this.era) this.lose(event.reason || this.refused)
    }
  }

  private receive(data: unknown): void {
    let message: In
    try {
      if (!(data instanceof ArrayBuffer)) throw new TypeError('a text frame')
      message = this.options.decode(data)
    } catch (error) {
      // A message that cannot be read would leave a hole in what is shown: start over.
      console.error('unreadable message', error)
      this.lose(null)
      return
    }
    this.lastPong = performance.now()
    switch (message.type) {
      case 'welcome':
        this.welcome(message as unknown as Welcome)
        break
      case 'pong':
        this.answered(message as unknown as Pong)
        break
      case 'refused':
        if (!this.welcomed) this.refused = (message as unknown as Refused).code
        if ((message as unknown as Refused).code === 'token_expired') this.fresh = true
        this.options.onMessage(message)
        break
      default:
        this.options.onMessage(message)
    }
  }

  private welcome(welcome: Welcome): void {
    this.clearTimers()
    this.welcomed = true
    this.attempt = 0
    this.options.onWelcome(welcome)
    this.set('open', null)
    this.beat()
  }

  private beat(): void {
    this.after(PING_EVERY_MS, () => {
      if (performance.now() - this.lastPong > SILENCE_MS) return this.lose(null)
      this.ping()
      this.beat()
    })
  }

  private ping(): void {
    const ping: Ping = { type: 'ping', sent_ms: Date.now() }
    this.put(ping)
  }

  private answered(_pong: Pong): void {
    this.lastPong = performance.now()
  }

  /** Something about the network or the tab changed: find out now rather than in seconds. */
  private nudge = (): void => {
    if (this.state === 'closed') return
    if (this.state === 'open') {
      const asked = performance.now()
      this.ping()
      this.after(PROBE_MS, () => {
        if (this.state === 'open' && this.lastPong < asked) this.lose(null, true)
      })
    } else if (!this.socket && navigator.onLine && document.visibilityState === 'visible') {
      this.attempt = 0
      void this.connect()
    }
  }

  private lose(reason: string | null, atOnce = false): void {
    if (this.state === 'closed') return
    this.drop()
    if (reason && DO_NOT_RECONNECT.has(reason)) return this.finish(reason)
    if (reason === 'token_expired') this.fresh = true
    this.set(this.state === 'connecting' ? 'connecting' : 'lost', reason)
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.attempt)
    // Jitter, so that a restarted server is not met by everybody in the same instant.
    const wait = atOnce ? 0 : longest * (0.5 + Math.random() / 2)
    this.attempt = Math.min(this.attempt + 1, 6)
    this.after(wait, () => void this.connect())
  }

  private finish(reason: string): void {
    if (this.state === 'closed') return
    this.drop()
    window.removeEventListener('online', this.nudge)
    window.removeEventListener('offline', this.nudge)
    window.removeEventListener('pageshow', this.nudge)
    document.removeEventListener('visibilitychange', this.nudge)
    this.set('closed', reason)
  }

  private drop(): void {
    this.clearTimers()
    this.era += 1
    this.welcomed = false
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  private set(state: SocketState, reason: string | null): void {
    if (state === this.state && state !== 'lost') return
    this.state = state
    this.options.onState(state, reason)
  }

  private after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      run()
    }, ms)
    this.timers.add(timer)
  }

  private clearTimers(): void {
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
  }
}
