// Both languages of each feature have the same keys, the same placeholders, and no empty text.
import { describe, expect, it } from 'vitest'
import type { Feature } from '@/router/feature'
import { DICTIONARIES } from '../fakes/words'

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
const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

const sources = import.meta.glob<string>(['../../src/**/*.{ts,vue}', '!../../src/**/words.*.ts'], {
  eager: true,
  query: '?raw',
  import: 'default',
})
const KEY = /['"`]((?:common|board|signin|student|teacher|auditor)\.[A-Za-z_]+(?:\.[A-Za-z_]+)*)/g
const HOME = /src\/features\/([\w-]+)\//
const folders = [
  ...new Set(Object.keys(sources).flatMap((path) => HOME.exec(path)?.[1] ?? [])),
].sort()
const everything = [...DICTIONARIES].map(
  ([folder, both]) => [folder, flatten(both['zh-CN'] as Tree), flatten(both.en as Tree)] as const,
)
const keysOf = new Map(everything.map(([folder, zh]) => [folder, Object.keys(zh)]))

it('every feature brings words', () => {
  expect(folders.length).toBeGreaterThan(0)
  expect([...DICTIONARIES.keys()].sort()).toEqual([...folders, 'i18n'].sort())
})

it('no key is in two dictionaries', () => {
  const all = [...keysOf.values()].flat()
  expect(all.length).toBe(new Set(all).size)
})

describe.each(everything)('the words of %s', (_folder, zh, en) => {
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
})

it('what a file says is in its own feature or in what all share', () => {
  const missing: string[] = []
  for (const [path, text] of Object.entries(sources)) {
    const own = keysOf.get(HOME.exec(path)?.[1] ?? 'i18n') ?? []
    const known = [...own, ...keysOf.get('i18n')!]
    for (const [, key] of text.matchAll(KEY)) {
      // A template ends where its hole begins: what is written must lead somewhere.
      if (
        !known.some((one) => one === key || one.startsWith(`${key}.`) || one.startsWith(`${key}-`))
      ) {
        missing.push(`${path}: ${key}`)
      }
    }
  }
  expect(missing).toEqual([])
})

it('a feature fetches its own words, each language’s under its name', async () => {
  const features = import.meta.glob<Feature>('../../src/features/*/index.ts', {
    eager: true,
    import: 'default',
  })
  expect(Object.keys(features).length).toBe(folders.length)
  for (const [path, feature] of Object.entries(features)) {
    const folder = HOME.exec(path)![1]!
    for (const language of ['zh-CN', 'en'] as const) {
      const fetched = await feature.words[language]()
      expect(fetched.default, `${folder} ${language}`).toBe(DICTIONARIES.get(folder)![language])
    }
  }
})
