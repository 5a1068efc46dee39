// In the place of `@/net/auth`: a student who is signed in.
// Use as `vi.mock('@/net/auth', () => import('…/fakes/auth'))`.
import { vi } from 'vitest'
import { shallowRef } from 'vue'
import type { Person } from '@/net/types'

export const auth = {
  person: shallowRef<Person | null>({
    id: 'p_1',
    login: 'student1',
    name: '林小雨',
    role: 'student',
    grade: 8,
    school: '青桐中学',
    subjects: [],
    grades: [],
    biography: '',
  }),
  state: shallowRef('signed_in'),
  token: () => Promise.resolve('t'),
  signOut: vi.fn(async () => {}),
  leave: vi.fn(),
  restore: vi.fn(async () => true),
}
