// Who sees which page: the guards of the router, and the frame around every page.
import { createApp } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Router } from 'vue-router'
import { FakeSocket } from '../fakes/socket'
import { serve, type Answer } from '../fakes/server'

const person = (role: string) => ({ id: 'p_1', login: 'x', name: '林小雨', role, school: '' })
const token = (role: string): Answer => ({
  status: 200,
  body: { access_token: 'a', expires_in: 900, person: person(role) },
})

let router: Router
let refresh: Answer | 'down'
let leave = () => {}

/** A tab that has just been loaded at `at`; `role` is who is remembered, null nobody. */
async function load(role: string | null, at: string) {
  vi.resetModules()
  sessionStorage.clear()
  if (role) sessionStorage.setItem('inkcall.person', 'p_1')
  if (role && role !== 'away') refresh = token(role)
  serve((_, path) => {
    if (path.endsWith('/refresh')) return refresh
    return { status: path.endsWith('/sign-out') ? 204 : 404 }
  })
  history.replaceState(null, '', at)
  router = (await import('@/router')).router
  for (const route of router.getRoutes()) {
    if (route.components) route.components.default = { render: () => null }
  }
  await router.push(at)
}
const where = () => router.currentRoute.value.fullPath

async function frame() {
  const [{ default: App }, { i18n }, words] = await Promise.all([
    import('@/App.vue'),
    import('@/i18n'),
    import('../fakes/words'),
  ])
  words.addEveryWord()
  const host = document.createElement('div')
  document.body.append(host)
  const app = createApp(App)
  app.use(i18n).use(router).mount(host)
  leave = () => {
    app.unmount()
    host.remove()
  }
  await router.isReady()
  await vi.waitFor(() => expect(host.children.length).toBeGreaterThan(0))
  return host
}

beforeEach(() => {
  FakeSocket.all = []
  refresh = 'down'
  vi.stubGlobal('WebSocket', FakeSocket)
})
afterEach(() => {
  leave()
  leave = () => {}
  vi.unstubAllGlobals()
  sessionStorage.clear()
})

describe('who is not signed in', () => {
  it.each([
    ['/', '/sign-in'],
    ['/sign-in', '/sign-in'],
    ['/student', '/sign-in?next=/student'],
    ['/auditor/recordings/s_1?t=5', '/sign-in?next=/auditor/recordings/s_1?t%3D5'],
    ['/nothing/here', '/sign-in'],
  ])('asking for %s comes to %s', async (at, to) => {
    await load(null, at)
    expect(decodeURIComponent(where())).toBe(decodeURIComponent(to))
  })

  it('is asked to sign in when what was remembered no longer holds', async () => {
    await load('away', '/sign-in')
    refresh = { status: 401, body: { error: { code: 'token_revoked' } } }
    await router.push('/student')
    expect(where()).toBe('/sign-in?next=/student')
  })
})

describe('who is signed in', () => {
  it.each([
    ['student', '/', '/student'],
    ['student', '/sign-in', '/student'],
    ['student', '/student/rating/s_1?reason=drained', '/student/rating/s_1?reason=drained'],
    ['student', '/teacher', '/student'],
    ['student', '/auditor/recordings/s_1', '/student'],
    ['teacher', '/', '/teacher'],
    ['teacher', '/history', '/teacher'],
    ['teacher', '/auditor', '/teacher'],
    ['auditor', '/student/session/s_1', '/auditor'],
    ['auditor', '/auditor/recordings/s_1', '/auditor/recordings/s_1'],
    ['administrator', '/auditor', '/auditor'],
    ['administrator', '/teacher', '/auditor'],
    ['student', '/typed/wrong', '/student'],
  ])('a %s asking for %s comes to %s', async (role, at, to) => {
    await load(role, at)
    expect(where()).toBe(to)
  })
})

describe('the frame', () => {
  it('keeps the lobby of students and teachers, and of nobody else', async () => {
    await load('student', '/student')
    await frame()
    await vi.waitFor(() => expect(FakeSocket.all).toHaveLength(1))
    expect(FakeSocket.last.url).toMatch(/\/ws\/lobby$/)
    leave()
    FakeSocket.all = []
    await load('auditor', '/auditor')
    await frame()
    await Promise.resolve()
    expect(FakeSocket.all).toEqual([])
  })

  it.each(['token_revoked', 'token_invalid'])(
    'signed out by the server (%s), it asks again',
    async (why) => {
      await load('student', '/student')
      await frame()
      await vi.waitFor(() => expect(FakeSocket.all).toHaveLength(1))
      FakeSocket.last.welcome()
      FakeSocket.last.drop(why)
      await vi.waitFor(() => expect(where()).toBe('/sign-in'))
      expect(sessionStorage.getItem('inkcall.person')).toBeNull()
    },
  )

  it('a server that is away is told without forgetting who one is', async () => {
    await load('away', '/student')
    expect(where()).toBe('/student')
    const host = await frame()
    expect(host.querySelector('[role=alert]')!.textContent).toContain('连')
    expect(sessionStorage.getItem('inkcall.person')).toBe('p_1')
    const reload = vi.spyOn(location, 'reload').mockImplementation(() => {})
    host.querySelector('button')!.click()
    await new Promise(requestAnimationFrame)
    expect(reload).not.toHaveBeenCalled()
    refresh = token('student')
    host.querySelector('button')!.click()
    await vi.waitFor(() => expect(reload).toHaveBeenCalledOnce())
  })

  it('lets a keyboard skip to the content', async () => {
    await load(null, '/sign-in')
    const host = await frame()
    expect(host.querySelector('.skip-link')!.getAttribute('href')).toBe('#main')
  })
})
