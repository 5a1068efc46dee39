// Signing in on the page: what is asked for, what the server refuses, and where it leads.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import SignInPage from '@/features/people/SignInPage.vue'
import { language, setLanguage } from '@/i18n'
import { auth } from '@/net/auth'
import { serve, type Answer } from '../../fakes/server'
import { speak, visit, type Visit } from '../../fakes/visit'

const PERSON = { id: 'p_1', login: 'student1', name: '林小雨', role: 'student' }
const yes = (role = 'student'): Answer => ({
  status: 200,
  body: { access_token: 'a', expires_in: 900, person: { ...PERSON, role } },
})
const no = (status: number, code: string, wait?: string): Answer => ({
  status,
  body: { error: { code } },
  headers: wait ? { 'Retry-After': wait } : {},
})

let page: Visit
let sent: unknown[]
let answer: Answer | 'down'

async function open(query = '', finePointer = false) {
  vi.stubGlobal('matchMedia', () => ({ matches: finePointer }))
  serve((_, path, json) => {
    if (path === '/api/sign-in') sent.push(json)
    return path === '/api/sign-in' ? answer : { status: 204 }
  })
  page = await visit(SignInPage, '/sign-in', `/sign-in${query}`)
}
async function submit() {
  page.get('sign-in-form').dispatchEvent(new Event('submit', { cancelable: true }))
  await page.settled()
}
async function enter(login = 'student1', password = 'inkcall') {
  await page.type('login', login)
  await page.type('password', password)
  await submit()
}
const button = () => page.get('sign-in-submit') as HTMLButtonElement

beforeEach(() => {
  vi.useFakeTimers({ now: 1_772_000_000_000 })
  sent = []
  answer = yes()
  speak('en')
})
afterEach(async () => {
  await auth.signOut()
  page.leave()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  speak('zh-CN')
})

describe('a page that came without https', () => {
  it.each([
    ['en', 'opened with http://'],
    ['zh-CN', '用 http:// 打开的'],
  ] as const)('says at once why nobody will be heard (%s)', async (locale, said) => {
    speak(locale)
    vi.stubGlobal('isSecureContext', false)
    await open()
    expect(page.get('insecure').textContent).toContain(said)
  })

  it('and one that came with it says nothing', async () => {
    vi.stubGlobal('isSecureContext', true)
    await open()
    expect(page.sees('insecure')).toBe(false)
  })
})

it.each([
  ['zh-CN', '录制'],
  ['en', 'recorded'],
] as const)('says on a phone too, in %s, that sessions are recorded', async (of, word) => {
  speak(of)
  await open()
  const told = page.get('recorded')
  expect(told.textContent).toContain(word)
  // What stands beside the form is left out on a phone.
  expect(told.closest('main')).not.toBeNull()
  expect(told.closest('aside')).toBeNull()
})

describe('entering', () => {
  it('sends account and password, the account without the spaces a phone puts after it', async () => {
    await open()
    await enter(' student1 ', ' secret ')
    expect(sent).toEqual([{ login: 'student1', password: ' secret ', remember: true }])
  })

  it('on a device that is not one’s own says so to the server', async () => {
    await open()
    expect(page.text()).toContain('until you sign out')
    await page.press('not-my-device')
    expect(page.text()).toContain('when the browser is closed')
    await enter()
    expect(sent).toMatchObject([{ remember: false }])
  })

  it.each([
    ['student', '/student'],
    ['teacher', '/teacher'],
    ['auditor', '/auditor'],
    ['administrator', '/auditor'],
  ])('a %s comes to %s', async (role, home) => {
    answer = yes(role)
    await open()
    await enter()
    expect(page.where()).toBe(home)
  })

  it.each([
    ['?next=/student/rating/s_1', '/student/rating/s_1'],
    ['?next=//evil.example', '/student'],
    ['?next=/a&next=/b', '/student'],
  ])('with %s one comes to %s', async (query, where) => {
    await open(query)
    await enter()
    expect(page.where()).toBe(where)
  })

  it('is sent once, however often one presses', async () => {
    await open()
    await page.type('login', 'a')
    await page.type('password', 'b')
    const form = page.get('sign-in-form')
    form.dispatchEvent(new Event('submit', { cancelable: true }))
    form.dispatchEvent(new Event('submit', { cancelable: true }))
    await page.settled()
    expect(sent).toHaveLength(1)
  })

  it.each([
    [true, 'login'],
    [false, undefined],
  ])(
    'with a mouse (%s) the keyboard starts at %s: a phone’s would cover the page',
    async (fine, at) => {
      await open('', fine)
      expect((document.activeElement as HTMLElement).dataset.testid).toBe(at)
    },
  )
})

describe('what is missing', () => {
  it.each([
    ['', '', 'Enter your account', 'login'],
    ['  ', 'x', 'Enter your account', 'login'],
    ['a', '', 'Enter your password', 'password'],
  ])('"%s" and "%s": %s', async (login, password, words, focused) => {
    await open()
    await enter(login, password)
    expect(page.text()).toContain(words)
    expect(sent).toEqual([])
    expect(document.activeElement).toBe(page.get(focused))
    expect(page.get(focused).getAttribute('aria-invalid')).toBe('true')
    await page.type(focused, 'now there')
    expect(page.text()).not.toContain(words)
  })
})

describe('refused', () => {
  it.each([
    [no(401, 'wrong_password'), 'wrongPassword', 'not right'],
    ['down' as const, 'offline', 'cannot be reached'],
    [no(502, 'http_502'), 'offline', 'cannot be reached'],
    [no(503, 'draining'), 'draining', 'being maintained'],
    [no(500, 'internal'), 'other', '(internal)'],
  ])('%j is told as %s', async (how, key, words) => {
    answer = how
    await open()
    await enter()
    expect(page.get('sign-in-error').dataset.error).toBe(key)
    expect(page.get('sign-in-error').textContent).toContain(words)
    expect(page.where()).toBe('/sign-in')
    expect(button().disabled).toBe(false)
    answer = yes()
    await submit()
    expect(page.where()).toBe('/student')
  })

  it('a wrong password is selected, to be typed over', async () => {
    answer = no(401, 'wrong_password')
    await open()
    const select = vi.spyOn(HTMLInputElement.prototype, 'select')
    await enter()
    expect(select.mock.contexts).toEqual([page.get('password')])
    expect(page.get('password').getAttribute('aria-invalid')).toBe('true')
  })

  it('for too many attempts it counts down and lets one try again', async () => {
    answer = no(429, 'too_many_attempts', '65')
    await open()
    await enter()
    expect(page.get('sign-in-error').textContent).toContain('1 min 5 s')
    expect(button().disabled).toBe(true)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(page.get('sign-in-error').textContent).toMatch(/5[456] s/)
    await submit()
    expect(sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(56_000)
    expect(page.get('sign-in-error').textContent).toContain('try again now')
    answer = yes()
    await submit()
    expect(page.where()).toBe('/student')
  })
})

describe('the password', () => {
  it('is shown while one wants to see it', async () => {
    await open()
    const field = page.get('password') as HTMLInputElement
    expect(field.type).toBe('password')
    await page.press(page.named('Show the password'))
    expect(field.type).toBe('text')
    await page.press(page.named('Hide the password'))
    expect(field.type).toBe('password')
  })

  it('warns of Caps Lock', async () => {
    await open()
    const key = (on: boolean) => {
      const event = new KeyboardEvent('keyup', { key: 'a' })
      Object.assign(event, { getModifierState: () => on })
      page.get('password').dispatchEvent(event)
      return page.settled()
    }
    await key(true)
    expect(page.text()).toContain('Caps Lock is on')
    await key(false)
    expect(page.text()).not.toContain('Caps Lock')
  })
})

it('the language is chosen by its own name, and the title follows', async () => {
  await setLanguage('zh-CN')
  await open()
  expect(document.title).toContain('登录')
  await page.press('language-en')
  await vi.waitFor(() => expect(language()).toBe('en'))
  await page.settled()
  expect(document.title).toContain('Sign in')
  expect(page.get('language-en').getAttribute('aria-pressed')).toBe('true')
  await setLanguage('zh-CN')
})
