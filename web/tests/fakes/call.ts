// The student's page of a session: the real room and voice over a server the test is.
// Needs `vi.mock` of `@/net/auth`, `@/net/lobby` and `@/net/room` by `auth`, `lobby` and `oneRoom`.
import { vi } from 'vitest'
import SessionPage from '@/features/call/SessionPage.vue'
import { useFakeCanvas } from './canvas'
import { useLobby } from './lobby'
import { useFakeMedia, type MicAnswer } from './media'
import { noRoom } from './oneRoom'
import { RoomServer, useRoomBrowser } from './room'
import { FakeSocket } from './socket'
import { speak, visit, type Visit } from './visit'

export const READY = {
  type: 'session_ready' as const,
  call: 'c_1',
  session: 's_1',
  url: '/ws/room',
  grant: 'g',
  other: '陈静怡',
  subject: 'maths' as const,
}

export interface Arriving {
  /** What the browser says when asked for the microphone. */
  mic?: MicAnswer[]
  wide?: boolean
}

export class StudentCall {
  page!: Visit
  lobby!: FakeSocket
  readonly room = new RoomServer('stu')

  constructor() {
    vi.useFakeTimers({ now: 1_772_000_000_000 })
    sessionStorage.clear()
    localStorage.clear()
    FakeSocket.all = []
    noRoom()
    useFakeCanvas()
    speak('zh-CN')
    this.room.members[1]!.name = '陈静怡'
  }

  async arrive({ mic = [], wide = false }: Arriving = {}): Promise<void> {
    useFakeMedia(...mic)
    useRoomBrowser(wide)
    useLobby().start()
    this.page = await visit(SessionPage, '/student/session/:session', '/student/session/s_1')
    this.lobby = FakeSocket.last
    this.lobby.welcome()
    this.lobby.say({ type: 'teachers', teachers: [] })
    await this.page.settled()
  }

  async enter(how: Arriving = {}): Promise<void> {
    await this.arrive(how)
    this.lobby.say(READY)
    await this.page.settled()
    this.room.letIn()
    await this.page.settled()
  }

  async happens(event: Record<string, unknown> & { type: string }): Promise<void> {
    this.room.happens(event)
    await this.page.settled()
  }

  async changes(...change: Parameters<RoomServer['changes']>): Promise<void> {
    this.room.changes(...change)
    await this.page.settled()
  }

  leave(): void {
    this.page.leave()
    noRoom()
    useLobby().stop()
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
    speak('zh-CN')
  }
}
