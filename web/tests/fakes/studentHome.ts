// A student's home over a lobby whose server the test is, with teachers in it.
import { afterEach, beforeEach, vi } from 'vitest'
import HomePage from '@/features/calls/HomePage.vue'
import { releaseMicrophone } from '@/media/microphone'
import { useLobby } from '@/net/lobby'
import type { TeacherCard } from '@/wire/messages'
import { useFakeMedia, type MicAnswer } from './media'
import { FakeSocket } from './socket'
import { speak, visit, type Visit } from './visit'

export const NOW = 1_772_000_000_000

export function teacher(n: number, more: Partial<TeacherCard> = {}): TeacherCard {
  return {
    teacher: `t_${n}`,
    name: `陈老师${n}`,
    presence: 'online',
    subjects: ['maths'],
    grades: [7, 8],
    school: '青桐中学',
    biography: '',
    rating: 11.2,
    rated: 30,
    labels: [],
    ...more,
  }
}

export const server = () => FakeSocket.last

/** The home; `page` is there once it was opened. */
export class StudentHome {
  page!: Visit

  /** Null: the server has not told the teachers yet. */
  async open(teachers: TeacherCard[] | null = [teacher(1)], mic?: MicAnswer): Promise<void> {
    useFakeMedia(...(mic ? [mic] : []))
    useLobby().start()
    this.page = await visit(HomePage, '/student')
    server().welcome()
    if (teachers) await this.says({ type: 'teachers', teachers })
    // The sheets are fetched behind the page.
    await vi.dynamicImportSettled()
    await this.page.settled()
  }

  async says(message: Record<string, unknown> & { type: string }): Promise<void> {
    server().say(message)
    await this.page.settled()
  }
}

/** To be called once in a test file, which mocks auth, lobby and room itself. */
export function useStudentHome(): StudentHome {
  const home = new StudentHome()
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW })
    FakeSocket.all = []
    speak('zh-CN')
  })
  afterEach(() => {
    useLobby().stop()
    home.page.leave()
    // Else the next one's browser is never asked.
    releaseMicrophone()
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.clearAllMocks()
    speak('zh-CN')
  })
  return home
}
