// The server's side of one room for pages: lets them in, tells what happened, confirms what they asked.
import { vi } from 'vitest'
import type { Member, Page, RoomEvent } from '@/wire/messages'
import { board, page as pageOf } from './board'
import { FakeSocket } from './socket'

type Fields = Record<string, unknown> & { type: string }

export function member(id: string, role: Member['role'], more: Partial<Member> = {}): Member {
  const permissions: Member['permissions'] = ['draw', 'upload', 'end']
  const rest = { link: 'connected' as const, muted: false, pen: false, permissions }
  return { member: id, name: id, role, ...rest, ...more }
}

export class RoomServer {
  seq = 0
  members = [member('stu', 'student'), member('tea', 'teacher')]
  pages: Page[] = [pageOf('a')]
  chat: { seq: number; at: number; member: string; text: string }[] = []
  endsInMs = 1_800_000

  constructor(readonly you: 'stu' | 'tea') {}

  get socket(): FakeSocket {
    return FakeSocket.all.filter((socket) => socket.url.endsWith('/ws/room')).at(-1)!
  }

  /** What the page asked for, oldest first, without hello and join. */
  asked(type: string): Fields[] {
    return this.socket.of(type)
  }

  letIn(): void {
    this.socket.welcome()
    this.seq += 10
    this.socket.say({
      type: 'snapshot',
      session: 's_1',
      you: this.you,
      seq: this.seq,
      at: 0,
      last_n: 0,
      members: this.members,
      board: board(this.pages),
      chat: this.chat,
      ends_at: this.endsInMs,
    })
  }

  /** Something happened in the room. */
  happens(event: Fields): void {
    this.seq += 1
    this.socket.say({ ...event, seq: this.seq, at: this.seq } as never as RoomEvent & Fields)
  }

  /** The other side changed. */
  changes(id: string, more: Partial<Member>): void {
    const known = this.members.find((one) => one.member === id)!
    Object.assign(known, more)
    this.happens({ type: 'member_changed', member: { ...known } })
  }
}

/** What a room's page needs of the browser that happy-dom does not have. */
export function useRoomBrowser(wide = false): void {
  vi.stubGlobal('matchMedia', (query: string) => ({
    matches: query.startsWith('(min-width') ? wide : false,
    addEventListener() {},
    removeEventListener() {},
  }))
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      disconnect() {}
      unobserve() {}
    },
  )
  HTMLElement.prototype.setPointerCapture = () => {}
}
