// Signing in, refreshing early and once, coming back after a reload, being thrown out.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { serve } from '../fakes/server'

const person = { id: 'p_1', login: 'student1', name: '林小雨', role: 'student' }
let count = 0
const signedIn = (seconds: number) => ({
  status: 200,
  body: { access_token: `token-${++count}`, expires_in: seconds, person },
})

async function fresh() {
  vi.resetModules()
  return (await import('@/net/auth')).auth
}

beforeEach(() => {
  sessionStorage.clear()
  localStorage.clear()
  vi.unstubAllGlobals()
  count = 0
})

describe('auth', () => {
  it('signs in, and keeps the person but never the token where a script could find it', async () => {
    serve(() => signedIn(600))
    const auth = await fresh()
    await auth.signIn('student1', 'secret')
    expect(auth.person.value?.name).toBe('林小雨')
    expect(await auth.token()).toBe('token-1')
    const kept = JSON.stringify({ ...sessionStorage }) + JSON.stringify({ ...localStorage })
    expect(kept).toContain('p_1')
    expect(kept).not.toContain('token-1')
  })

  it('says why a sign-in was refused, and for how long', async () => {
    serve(() => ({
      status: 429,
      body: { error: { code: 'too_many_attempts', text: 'wait' } },
      headers: { 'Retry-After': '30' },
    }))
    const auth = await fresh()
    await expect(auth.signIn('student1', 'x')).rejects.toMatchObject({
      code: 'too_many_attempts',
      status: 429,
      retryAfter: 30,
    })
    expect(auth.person.value).toBeNull()
  })

  it('refreshes a token with less than a minute left, once for all who ask', async () => {
    const asked = serve((_, path) => signedIn(path === '/api/sign-in' ? 59 : 600))
    const auth = await fresh()
    await auth.signIn('student1', 'secret')
    const tokens = await Promise.all([auth.token(), auth.token(), auth.token()])
    expect(tokens).toEqual(['token-2', 'token-2', 'token-2'])
    expect(asked).toEqual(['POST /api/sign-in', 'POST /api/people/p_1/refresh'])
    expect(await auth.token()).toBe('token-2')
  })

  it('comes back after a reload', async () => {
    sessionStorage.setItem('inkcall.person', 'p_1')
    serve(() => signedIn(600))
    const auth = await fresh()
    expect(await auth.restore()).toBe(true)
    expect(auth.state.value).toBe('signed_in')
  })

  it('without anybody remembered asks no server', async () => {
    const asked = serve(() => 'down')
    const auth = await fresh()
    expect(await auth.restore()).toBe(false)
    expect(auth.state.value).toBe('signed_out')
    expect(asked).toEqual([])
  })

  it('forgets a person whose sign-in was revoked', async () => {
    sessionStorage.setItem('inkcall.person', 'p_1')
    serve(() => ({ status: 401, body: { error: { code: 'token_revoked', text: '' } } }))
    const auth = await fresh()
    expect(await auth.restore()).toBe(false)
    expect(auth.state.value).toBe('signed_out')
    expect(sessionStorage.getItem('inkcall.person')).toBeNull()
  })

  it('does not forget anybody because the server is away', async () => {
    sessionStorage.setItem('inkcall.person', 'p_1')
    let up = false
    serve(() => (up ? signedIn(600) : 'down'))
    const auth = await fresh()
    expect(await auth.restore()).toBe(false)
    expect(auth.state.value).toBe('unreachable')
    up = true
    expect(await auth.restore()).toBe(true)
  })

  it('a refresh that comes back after the sign-out signs nobody in', async () => {
    serve((_, path) => (path.endsWith('sign-out') ? { status: 204 } : signedIn(10)))
    const auth = await fresh()
    await auth.signIn('student1', 'secret')
    const late = auth.token()
    await auth.signOut()
    await expect(late).rejects.toMatchObject({ status: 401 })
    expect(auth.person.value).toBeNull()
    expect(auth.state.value).toBe('signed_out')
  })

  describe('on the device', () => {
    /** The tab is closed and the site opened in a new one. */
    const newTab = () => {
      sessionStorage.clear()
      return fresh()
    }
    const other = { ...person, id: 'p_2', login: 'teacher1' }
    const both = () =>
      serve((_, path, json) => {
        if (path.endsWith('sign-out')) return { status: 204 }
        const { login } = (json ?? {}) as { login?: string }
        const second = login === 'teacher1' || path.includes('p_2')
        const answer = signedIn(600)
        return { ...answer, body: { ...answer.body, person: second ? other : person } }
      })

    it('a new tab is signed in as who was here, and the server is told to remember', async () => {
      const sent: unknown[] = []
      serve((_, path, json) => {
        if (path === '/api/sign-in') sent.push(json)
        return signedIn(600)
      })
      await (await fresh()).signIn('student1', 'secret')
      expect(sent).toEqual([{ login: 'student1', password: 'secret', remember: true }])
      const auth = await newTab()
      expect(await auth.restore()).toBe(true)
      expect(auth.person.value?.id).toBe('p_1')
    })

    it('that is not one’s own, a new tab knows nobody, and the server is told', async () => {
      const sent: unknown[] = []
      serve((_, path, json) => {
        if (path === '/api/sign-in') sent.push(json)
        return signedIn(600)
      })
      await (await fresh()).signIn('student1', 'secret', false)
      expect(sent).toMatchObject([{ remember: false }])
      const auth = await newTab()
      expect(await auth.restore()).toBe(false)
      expect(auth.state.value).toBe('signed_out')
    })

    it('signing out is forgetting', async () => {
      both()
      const auth = await fresh()
      await auth.signIn('student1', 'secret')
      await auth.signOut()
      expect(await auth.restore()).toBe(false)
      expect(await (await newTab()).restore()).toBe(false)
    })

    it('two people in two windows each stay themselves; one who leaves a window is asked', async () => {
      both()
      const first = await fresh()
      await first.signIn('student1', 'secret')
      first.leave()
      expect(await first.restore()).toBe(false)
      await first.signIn('teacher1', 'secret')
      expect(await (await fresh()).restore()).toBe(true)
      const auth = await newTab()
      await auth.restore()
      expect(auth.person.value?.id).toBe('p_2')
      await auth.leave()
      sessionStorage.setItem('inkcall.person', 'p_1')
      const window1 = await fresh()
      await window1.restore()
      expect(window1.person.value?.id).toBe('p_1')
      await window1.signOut()
      expect(await window1.restore()).toBe(false)
      expect(await (await newTab()).restore()).toBe(true)
    })
  })
})
