// Where each role starts.
import { auth } from '@/net/auth'
import type { Role } from '@/wire/messages'

export const HOMES: Record<Role, string> = {
  student: '/student',
  teacher: '/teacher',
  auditor: '/auditor',
  administrator: '/auditor',
}

export function homeOf(): string {
  const role = auth.person.value?.role
  return role ? HOMES[role] : '/sign-in'
}
