// The teacher's console of a session: the real room and voice over a server the test is.
// Needs `vi.mock` of `@/net/auth` and `@/net/room` by `auth` and `oneRoom`.
import { vi } from 'vitest'
import { defineComponent, h, shallowReactive } from 'vue'
import SessionConsole from '@/features/call/SessionConsole.vue'
import type { DueForm } from '@/wire/messages'
import { READY } from './call'
import { useFakeCanvas } from './canvas'
import { useFakeMedia, type MicAnswer } from './media'
import { noRoom } from './oneRoom'
import { RoomServer, useRoomBrowser } from './room'
import { serve, type Answer } from './server'
import { FakeSocket } from './socket'
import { speak, visit, type Visit } from './visit'

export interface How {
  mic?: MicAnswer[]
  wide?: boolean
}

export class TeacherCall {
  page!: Visit
  readonly room = new RoomServer('tea')
  /** Change these to change what the console is given. */
  readonly given = shallowReactive<{
    ready: typeof READY
    forms: readonly DueForm[]
    shown: boolean
  }>({
    shown: true,
    ready: { ...READY, other: '林小雨' },
    forms: [],
  })
  /** What the console said when it was done. */
  readonly done: unknown[] = []
  pens: Answer = { status: 200, body: { pens: [] } }
  readonly canvas: ReturnType<typeof useFakeCanvas>

  constructor() {
    vi.useFakeTimers({ now: 1_772_000_000_000 })
    sessionStorage.clear()
    localStorage.clear()
    FakeSocket.all = []
    noRoom()
    this.canvas = useFakeCanvas()
    for (const side of ['clientWidth', 'clientHeight'] as const) {
      vi.spyOn(HTMLElement.prototype, side, 'get').mockReturnValue(500)
    }
    speak('en')
    this.room.members[1]!.permissions = ['draw', 'upload', 'end', 'manage']
  }

  async arrive({ mic = [], wide = true }: How = {}): Promise<void> {
    useFakeMedia(...mic)
    useRoomBrowser(wide)
    serve((_, path) => (path === '/api/pens' ? this.pens : { status: 404 }))
    const { given, done } = this
    const Desk = defineComponent({
      render: () => {
        const { shown, ...props } = given
        return shown && h(SessionConsole, { ...props, onDone: (due: unknown) => done.push(due) })
      },
    })
    this.page = await visit(Desk, '/teacher')
  }

  async enter(how?: How): Promise<void> {
    await this.arrive(how)
    this.room.letIn()
    this.room.socket.lives = true
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

  async key(pressed: string, more: KeyboardEventInit = {}, on: EventTarget = window) {
    on.dispatchEvent(new KeyboardEvent('keydown', { key: pressed, bubbles: true, ...more }))
    await this.page.settled()
  }

  leave(): void {
    this.page.leave()
    noRoom()
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
    speak('zh-CN')
  }
}
