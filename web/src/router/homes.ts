// Where each role starts, as the features say.
import { auth } from '@/net/auth'
import type { Role } from '@/wire/messages'

const homes = new Map<Role, string>()

/** Two features cannot both be where a role starts. */
export function addHomes(brought: Partial<Record<Role, string>>): void {
  for (const [role, path] of Object.entries(brought) as [Role, string][]) {
    const known = homes.get(role)
    if (known && known !== path) throw new Error(`${role} starts at ${known}, not at ${path}`)
    homes.set(role, path)
  }
}

/** Whether a page made for `role` is for `visitor`: roles that start at one place see the same pages. */
export function sees(visitor: Role, role: Role): boolean {
  const home = homes.get(visitor)
  return visitor === role || (home !== undefined && home === homes.get(role))
}

/** Where whoever is signed in starts; who has no page of their own here signs in as somebody else. */
export function homeOf(): string {
  const role = auth.person.value?.role
  return (role && homes.get(role)) ?? '/sign-in'
}
