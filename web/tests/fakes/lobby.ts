// In the place of `@/net/lobby`: the real lobby over a socket whose other end the test holds.
// Use as `vi.mock('@/net/lobby', () => import('…/fakes/lobby'))`.
import { vi } from 'vitest'
import { FakeSocket } from './socket'

const { makeLobby } = await vi.importActual<typeof import('@/net/lobby')>('@/net/lobby')

const lobby = makeLobby(FakeSocket.create)

export const useLobby = () => lobby
