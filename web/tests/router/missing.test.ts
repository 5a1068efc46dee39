// A page whose file does not come: the visitor is told, and led there as soon as it comes.
import { createApp, h, nextTick } from 'vue'
import { createMemoryHistory, createRouter, RouterView, type Router } from 'vue-router'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import LatePage from '@/router/LatePage.vue'
import { lookAfter, missing } from '@/router/missing'
import { AGAIN_MS } from '@/ui/late'
import { addEveryWord } from '../fakes/words'

addEveryWord()
let fails: number
let router: Router
let host: HTMLElement
let leave: () => void

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_772_000_000_000 })
  vi.spyOn(console, 'error').mockImplementation(() => {})
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('no network')
  })
  i18n.global.locale.value = 'en'
  router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', component: { render: () => h('p', 'the first') } },
      {
        path: '/next',
        component: async () => {
          if (fails-- > 0) throw new TypeError('Failed to fetch dynamically imported module')
          return { default: { render: () => h('p', 'the next') } }
        },
      },
    ],
  })
  lookAfter(router)
  await router.push('/')
  host = document.createElement('div')
  const app = createApp({ render: () => [h(RouterView), h(LatePage)] })
  app.use(i18n).use(router).mount(host)
  leave = () => app.unmount()
})
afterEach(() => {
  leave()
  missing.value = null
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  i18n.global.locale.value = 'zh-CN'
})
const go = async (path: string) => {
  await router.push(path).catch(() => {})
  await nextTick()
}

describe('a page that does not come', () => {
  it('is said above the page one is on, and shown as soon as it comes', async () => {
    fails = 2
    await go('/next')
    expect(host.textContent).toContain('the first')
    expect(host.textContent).toContain('could not be loaded')
    await vi.advanceTimersByTimeAsync(AGAIN_MS)
    expect(host.textContent).toContain('could not be loaded')
    await vi.advanceTimersByTimeAsync(AGAIN_MS)
    expect(host.textContent).toBe('the next')
  })

  it('is asked for at once when somebody presses', async () => {
    fails = 1
    await go('/next')
    host.querySelector<HTMLElement>('[data-testid="late-page-again"]')!.click()
    await vi.advanceTimersByTimeAsync(0)
    expect(host.textContent).toBe('the next')
  })

  it('is forgotten when the visitor goes elsewhere', async () => {
    fails = 1
    await go('/next')
    await go('/?else')
    expect(host.textContent).toBe('the first')
    await vi.advanceTimersByTimeAsync(5 * AGAIN_MS)
    expect(router.currentRoute.value.fullPath).toBe('/?else')
  })
})
