// The sign of the application and of a person: never a hole, and never a letter that is none.
import { readFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import AppLogo from '@/ui/AppLogo.vue'
import PersonAvatar from '@/ui/PersonAvatar.vue'
import { open, type Page } from '../fakes/page'

let page: Page
afterEach(() => page.close())

it.each([
  ['陈静怡', '怡'],
  ['陈静怡（三班）', '班'],
  ['林小雨 😀', '雨'],
  ['ann Lee', 'A'],
  ['(Bob)', 'B'],
  ['ßeta', 'S'],
  ['7号', '号'],
])('%s is %s', (name, sign) => {
  page = open(PersonAvatar, { name })
  expect(page.text().trim()).toBe(sign)
  expect(document.querySelector('svg')).toBeNull()
})

it.each(['', '  ', '😀', '?'])('a person of whom there is no letter (%j) is drawn', (name) => {
  page = open(PersonAvatar, { name })
  expect(page.text().trim()).toBe('')
  expect(document.querySelector('.avatar svg')).not.toBeNull()
})

it('the logo is the icon, and fetched from nowhere', () => {
  page = open(AppLogo, { size: 40 })
  expect(document.querySelector('img')).toBeNull()
  const icon = readFileSync('public/icon.svg', 'utf8')
  const path = document.querySelector('path')!.getAttribute('d')!
  expect(icon).toContain(` d="${path}"`)
  for (const name of ['cx', 'cy', 'r', 'fill'])
    expect(icon).toContain(` ${name}="${document.querySelector('circle')!.getAttribute(name)}"`)
  const brand = /--brand: (#\w+);/.exec(readFileSync('src/ui/theme.css', 'utf8'))![1]
  expect(icon).toContain(`rx="16" fill="${brand}"`)
})
