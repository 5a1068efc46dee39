// A room's link: the socket, the operations it has not confirmed, and coming back after a loss.
import { decodeRoom } from '@/wire/codec'
import type { Operation, RoomFromClient, RoomFromServer } from '@/wire/messages'
import { OperationQueue, type Wanted } from '../operations'
import { InkSocket } from '../socket'
import type { SocketState } from '../types'

/** A pointer waits for nothing: with more bytes than this unsent it is left out. */
const POINTER_BACKLOG = 4096

export interface LinkOptions {
  url: string
  token: (fresh: boolean) => Promise<string>
  source: string
  grant: string
  /** What an earlier life of this tab had not got through. */
  operations: Operation[]
  /** The last event known, or null when the whole room is wanted. */
  resumeFrom: () => number | null
  onMessage: (message: RoomFromServer) => void
  /** Every state but `open`: the room is open when its snapshot is here. */
  onState: (state: Exclude<SocketState, 'open'>, reason: string | null) => void
  /** How many operations wait, and whether more are taken. */
  onQueue: (waiting: number, full: boolean) => void
  /** For tests: makes the WebSocket. */
  create?: (url: string) => WebSocket
}

export class RoomLink {
  private readonly queue = new OperationQueue()
  private readonly socket: InkSocket<RoomFromServer>
  private grant: string
  private entered = false

  constructor(private readonly options: LinkOptions) {
    this.grant = options.grant
    this.queue.restore(options.operations)
    this.socket = new InkSocket<RoomFromServer>({
      url: options.url,
      decode: decodeRoom,
      token: options.token,
      onWelcome: () => this.join(),
      onState: (state, reason) => {
        // Open is said when the snapshot is here; until then nothing can be done in the room.
        if (state === 'open') return
        this.entered = false
        options.onState(state, reason)
      },
      onMessage: options.onMessage,
      ...(options.create ? { create: options.create } : {}),
    })
  }

  get waiting(): readonly Operation[] {
    return this.queue.all
  }

  get full(): boolean {
    return this.queue.full
  }

  setGrant(grant: string): void {
    this.grant = grant
  }

  /** Outside of the order: said now or never. */
  send(message: RoomFromClient): boolean {
    return this.socket.send(message)
  }

  /** Only the latest counts: when the network is slow it is left out. */
  sendLatest(message: RoomFromClient): void {
    if (this.entered && this.socket.buffered < POINTER_BACKLOG) this.socket.send(message)
  }

  /** Numbered, in order, and sent again until the server has confirmed it. */
  operate(wanted: Wanted): void {
    this.queue.add(wanted)
    this.flush()
  }

  /** The server let us in and has done everything up to `lastN`. */
  enter(lastN: number): void {
    this.entered = true
    this.queue.resync(lastN)
    this.flush()
  }

  acknowledged(n: number): void {
    this.queue.acknowledged(n)
    this.flush()
  }

  find(n: number): Operation | undefined {
    return this.queue.find(n)
  }

  reconnect(): void {
    this.socket.reconnect()
  }

  close(): void {
    this.socket.close()
  }

  private join(): void {
    const seq = this.options.resumeFrom()
    const resume = seq === null ? {} : { resume_seq: seq }
    this.socket.send({ type: 'join', grant: this.grant, source: this.options.source, ...resume })
  }

  private flush(): void {
    if (this.entered) for (const operation of this.queue.take()) this.socket.send(operation)
    this.options.onQueue(this.queue.length, this.queue.full)
  }
}
