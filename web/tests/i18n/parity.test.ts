// Both languages have the same keys, the same placeholders, and no empty text.
import { expect, it } from 'vitest'
import { dictionaries } from '@/i18n'

type Tree = { [key: string]: string | Tree }

function flatten(tree: Tree, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string'
        ? [[`${prefix}${key}`, value]]
        : Object.entries(flatten(value, `${prefix}${key}.`)),
    ),
  )
}
const zh = flatten(dictionaries['zh-CN'] as Tree)
const en = flatten(dictionaries.en as Tree)
const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

it('there are dictionaries of every area', () => {
  const areas = Object.keys(dictionaries.en).sort()
  expect(areas).toEqual(expect.arrayContaining(['board', 'common', 'signin', 'student', 'teacher']))
})
it('the keys are the same', () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
})
it.each(Object.keys(zh))('%s has the same placeholders, and words', (key) => {
  expect(zh[key]?.trim()).not.toBe('')
  expect(en[key]?.trim()).not.toBe('')
  // A Chinese sentence may carry the name that an English one leaves out, and the other way round.
  expect(holes(en[key] ?? '')).toEqual(holes(zh[key] ?? ''))
})
it('English texts have no Chinese in them, but for the names of languages', () => {
  const mixed = Object.entries(en).filter(
    ([key, text]) => !key.includes('language') && /\p{Script=Han}/u.test(text),
  )
  expect(mixed).toEqual([])
})
