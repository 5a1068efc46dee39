// What a feature brings: routes with its words, panes for others' pages, and little at the first load.
import { createApp, defineComponent, h, type Component } from 'vue'
import { describe, expect, it, vi } from 'vitest'
import { i18n, type Words } from '@/i18n'
import { pane, preloadPane, take, type Feature } from '@/router/feature'
import { router } from '@/router'

const wordsOf = (area: string): Words => ({
  'zh-CN': async () => ({ default: { [area]: { hello: '你好' } } }),
  en: async () => ({ default: { [area]: { hello: 'Hello' } } }),
})
const Greeting = (area: string) =>
  defineComponent({
    props: { name: { type: String, required: true } },
    emits: ['done'],
    setup: (props, { emit }) => {
      return () =>
        h('button', { onClick: () => emit('done', 7) }, [
          i18n.global.t(`${area}.hello`),
          props.name,
        ])
    },
  })

function featureOf(area: string, load: () => Promise<{ default: Component }>): Feature {
  return { routes: [], words: wordsOf(area), panes: { [area]: load } }
}

function shown(component: Component, props: Record<string, unknown> = {}): HTMLElement {
  const host = document.createElement('div')
  createApp({ render: () => h(component, props) })
    .use(i18n)
    .mount(host)
  return host
}

describe('routes', () => {
  it('keep their role and get the words of their feature', () => {
    const words = wordsOf('routes')
    const [route] = take({
      routes: [{ path: '/x', component: { render: () => null }, meta: { role: 'teacher' } }],
      words,
    })
    expect(route?.meta).toEqual({ role: 'teacher', words })
  })

  it('of every folder are known to the router', () => {
    const indexes = import.meta.glob<Feature>('../../src/features/*/index.ts', {
      eager: true,
      import: 'default',
    })
    const paths = Object.values(indexes).flatMap((feature) =>
      feature.routes.map((route) => route.path),
    )
    expect(paths.length).toBeGreaterThan(5)
    const known = router.getRoutes().map((route) => route.path)
    expect(known).toEqual(expect.arrayContaining(paths))
  })
})

describe('a pane', () => {
  it('is fetched with its words, and takes props and events like any component', async () => {
    take(featureOf('greeting', async () => ({ default: Greeting('greeting') })))
    const done = vi.fn()
    const host = shown(pane('greeting'), { name: '林', onDone: done })
    await vi.waitFor(() => expect(host.textContent).toBe('你好林'))
    host.querySelector('button')!.click()
    expect(done).toHaveBeenCalledWith(7)
  })

  it('that no feature offers shows nothing', async () => {
    const host = shown(pane('nobody'))
    await new Promise(requestAnimationFrame)
    expect(host.textContent).toBe('')
  })

  it('that could not be fetched ahead is fetched when it is shown', async () => {
    const load = vi.fn(async () => ({ default: Greeting('late') as Component }))
    load.mockRejectedValueOnce(new Error('offline'))
    take(featureOf('late', load))
    preloadPane('late')
    const host = shown(pane('late'), { name: '王' })
    await vi.waitFor(() => expect(host.textContent).toBe('你好王'))
    expect(load).toHaveBeenCalledTimes(2)
  })
})

it('the index of a feature imports nothing but types by itself', () => {
  const texts = import.meta.glob<string>('../../src/features/*/index.ts', {
    eager: true,
    query: '?raw',
    import: 'default',
  })
  for (const [path, text] of Object.entries(texts)) {
    const atOnce = text.match(/^import (?!type ).*$/gm) ?? []
    expect(atOnce, path).toEqual([])
  }
})
