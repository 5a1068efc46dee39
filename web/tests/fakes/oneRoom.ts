// In the place of `@/net/room`: one real room a test, over a socket whose other end the test holds.
// Use as `vi.mock('@/net/room', () => import('…/fakes/oneRoom'))`. Imports no page: a page imports this.
import { vi } from 'vitest'
import type { Room } from '@/net/types'
import type { SessionReady } from '@/wire/messages'
import { FakeSocket } from './socket'

const { makeRoom } = await vi.importActual<typeof import('@/net/room')>('@/net/room')

let made: Room | null = null

export function useRoom(ready: SessionReady): Room {
  return (made ??= makeRoom(ready, { create: FakeSocket.create }).room)
}

/** Leaves the room there is: the next test makes its own. */
export function noRoom(): void {
  made?.leave()
  made = null
}
