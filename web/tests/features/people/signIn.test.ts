// The sign-in page: what it says after a refusal and where it goes after success.
import { describe, expect, it } from 'vitest'
import { errorKey, safeNext, waitParts } from '@/features/people/signIn'
import words from '@/features/people/words.en'

describe('errorKey', () => {
  it.each([
    ['wrong_password', 401, 'wrongPassword'],
    ['too_many_attempts', 429, 'throttled'],
    ['offline', 0, 'offline'],
    ['http_502', 502, 'offline'],
    ['draining', 503, 'draining'],
    ['internal', 500, 'other'],
  ])('%s is %s', (code, status, key) => {
    expect(errorKey(code, status)).toBe(key)
    expect(words.signin.error).toHaveProperty(key)
  })
})

describe('safeNext', () => {
  it('goes back to the page that was asked for', () => {
    expect(safeNext('/auditor/recordings/s_1?page=2')).toBe('/auditor/recordings/s_1?page=2')
  })

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', '/', '/sign-in', '', null])(
    'never leaves the site or goes in circles: %s',
    (next) => {
      expect(safeNext(next)).toBeNull()
    },
  )
})

it('splits a wait into minutes and seconds', () => {
  expect(waitParts(125)).toEqual({ m: 2, s: 5 })
})
