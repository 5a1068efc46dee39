// A page at its address, under a router: what its visitor reads, presses and where that leads.
import { createApp, defineComponent, h, nextTick, type Component } from 'vue'
import { createMemoryHistory, createRouter, RouterView, type Router } from 'vue-router'
import { vi } from 'vitest'
import { i18n, type Language } from '@/i18n'
import { addHomes } from '@/router/homes'
import type { Feature } from '@/router/feature'
import { addEveryWord } from './words'

addEveryWord()
const features = import.meta.glob<Feature>('../../src/features/*/index.ts', {
  eager: true,
  import: 'default',
})
for (const { homes } of Object.values(features)) addHomes(homes ?? {})

export interface Visit {
  router: Router
  /** Where the visitor is now. */
  where(): string
  /** All that is on the page and in dialogs. */
  text(): string
  get(testId: string): HTMLElement
  /** Whether it is there and shown. */
  sees(testId: string): boolean
  /** The button or link of this name: what a screen reader would say of it. */
  named(name: string): HTMLElement
  press(what: string | HTMLElement): Promise<void>
  type(testId: string, text: string): Promise<void>
  settled(): Promise<void>
  leave(): void
}

const Elsewhere = defineComponent({ render: () => h('p', 'elsewhere') })

export function speak(language: Language): void {
  i18n.global.locale.value = language
}

function shown(element: Element): boolean {
  for (let at: Element | null = element; at; at = at.parentElement) {
    if (at instanceof HTMLElement && at.style.display === 'none') return false
  }
  return true
}

function nameOf(element: Element): string {
  const said = element.getAttribute('aria-label') ?? element.textContent ?? ''
  return said.replace(/\s+/g, ' ').trim()
}

/** `path` is the page's route, `at` the address that is opened. Everything else is elsewhere. */
export async function visit(component: Component, path: string, at = path): Promise<Visit> {
  const host = document.createElement('div')
  document.body.append(host)
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path, component, props: true },
      { path: '/:rest(.*)*', component: Elsewhere },
    ],
  })
  await router.push(at)
  const app = createApp({ render: () => h(RouterView) })
  app.use(i18n).use(router)
  app.mount(host)

  const find = (testId: string) =>
    [...document.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`)].find(shown)
  const page: Visit = {
    router,
    where: () => router.currentRoute.value.fullPath,
    text: () => (document.body.textContent ?? '').replace(/\s+/g, ' '),
    get(testId) {
      const found = find(testId)
      if (!found) throw new Error(`nothing on the page has the test id ${testId}`)
      return found
    },
    sees: (testId) => find(testId) !== undefined,
    named(name) {
      const all = [...document.querySelectorAll<HTMLElement>('button, a, [role=button]')]
      const found = all.filter(shown).find((element) => nameOf(element) === name)
      if (!found) throw new Error(`no button is named ${name}, but ${all.map(nameOf).join(' | ')}`)
      return found
    },
    async press(what) {
      const element = typeof what === 'string' ? page.get(what) : what
      element.click()
      await page.settled()
    },
    async type(testId, text) {
      const field = page.get(testId) as HTMLInputElement
      field.value = text
      field.dispatchEvent(new Event('input', { bubbles: true }))
      await page.settled()
    },
    async settled() {
      for (let turn = 0; turn < 3; turn += 1) {
        if (vi.isFakeTimers()) await vi.advanceTimersByTimeAsync(20)
        for (let more = 0; more < 10; more += 1) await Promise.resolve()
        await nextTick()
      }
    },
    leave() {
      app.unmount()
      host.remove()
      document.body.replaceChildren()
    },
  }
  await page.settled()
  return page
}
