// Where each role starts and which pages are for whom: what the features bring, and the router's way there.
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Role } from '@/wire/messages'

const who = vi.hoisted(() => ({ role: null as string | null }))
vi.mock('@/net/auth', () => ({
  auth: {
    state: { value: 'signed_in' },
    person: {
      get value() {
        return who.role && { role: who.role }
      },
    },
    restore: async () => false,
  },
}))

const { addHomes, homeOf, sees } = await import('@/router/homes')
const { router } = await import('@/router')

// Only where one is led matters: the pages themselves need not come.
for (const page of router.getRoutes()) page.components = { default: { render: () => null } }

afterEach(() => (who.role = null))

async function leadsTo(role: Role | null, path: string): Promise<string> {
  who.role = role
  await router.push(path).catch(() => {})
  return router.currentRoute.value.path
}

describe('homes', () => {
  it.each([
    ['student', '/student'],
    ['teacher', '/teacher'],
    ['auditor', '/auditor'],
    ['administrator', '/auditor'],
  ])('a %s starts at %s', (role, home) => {
    who.role = role
    expect(homeOf()).toBe(home)
    expect(router.resolve(home).matched).toHaveLength(1)
  })

  it('nobody starts at the sign-in, and a role without pages too', () => {
    expect(homeOf()).toBe('/sign-in')
    who.role = 'visitor'
    expect(homeOf()).toBe('/sign-in')
  })

  it('a second home for a role is refused', () => {
    expect(() => addHomes({ student: '/elsewhere' })).toThrow('/student')
    who.role = 'student'
    expect(homeOf()).toBe('/student')
  })

  it('roles with one home see the same pages, and roles without any only their own', () => {
    expect(sees('administrator', 'auditor')).toBe(true)
    expect(sees('student', 'teacher')).toBe(false)
    const [guest, other] = ['guest', 'other'] as unknown as [Role, Role]
    expect(sees(guest, guest)).toBe(true)
    expect(sees(guest, other)).toBe(false)
  })
})

describe('the router', () => {
  it('leads everybody to their own home, and from another role’s page', async () => {
    expect(await leadsTo('student', '/')).toBe('/student')
    expect(await leadsTo('teacher', '/history')).toBe('/teacher')
    expect(await leadsTo('student', '/auditor')).toBe('/student')
    expect(await leadsTo('administrator', '/auditor')).toBe('/auditor')
    expect(await leadsTo('auditor', '/nothing/like/that')).toBe('/auditor')
    expect(await leadsTo('auditor', '/sign-in')).toBe('/auditor')
  })

  it('leaves whoever has no page here at the sign-in', async () => {
    expect(await leadsTo('visitor' as Role, '/')).toBe('/sign-in')
    expect(await leadsTo(null, '/teacher')).toBe('/sign-in')
  })
})
