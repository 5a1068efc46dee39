// The tab's title: of what is on the page, of the topmost of it, in its language; and every page has one.
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { defineComponent, h, nextTick, ref } from 'vue'
import { useTitle } from '@/ui/title'
import { open, type Page } from '../fakes/page'
import { speak } from '../fakes/visit'

let page: Page | undefined
afterEach(() => {
  page?.close()
  speak('zh-CN')
})

it('is of what came last, and of what was before when that goes', async () => {
  const left = ref<string | null>('30')
  const inside = ref(false)
  const Inner = defineComponent(() => {
    useTitle(() => [left.value, 'calling'])
    return () => null
  })
  const Outer = defineComponent(() => {
    useTitle(() => ['home'])
    return () => (inside.value ? h(Inner) : null)
  })
  page = open(Outer, {})
  expect(document.title).toBe('home · 双师答疑')
  inside.value = true
  await nextTick()
  expect(document.title).toBe('30 · calling · 双师答疑')
  left.value = null
  speak('en')
  expect(document.title).toBe('calling · Inkcall')
  inside.value = false
  await nextTick()
  expect(document.title).toBe('home · Inkcall')
})

it('every page of every feature has one', () => {
  const pages = readdirSync('src/features', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('Page.vue'))
    .map((path) => `src/features/${path}`)
  expect(pages.length).toBeGreaterThan(6)
  for (const path of pages) expect(readFileSync(path, 'utf8'), path).toContain('useTitle(')
})
