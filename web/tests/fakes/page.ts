// A component on a page of its own: mounted, with its events kept, and found by test id.
import { createApp, h, nextTick, reactive, type App, type Component } from 'vue'
import { i18n } from '@/i18n'
import { addEveryWord } from './words'

addEveryWord()

export interface Page {
  /** Change these to change what the component is given. */
  props: Record<string, unknown>
  /** What it emitted, by name, the arguments of each time. */
  events: Record<string, unknown[][]>
  get(testId: string): HTMLElement
  text(): string
  settled(): Promise<void>
  close(): void
}

/** `listen` names the events to keep. Dialogs may stand outside the host, so all of the body counts. */
export function open(
  component: Component,
  props: Record<string, unknown>,
  listen: readonly string[] = [],
): Page {
  const host = document.createElement('div')
  document.body.append(host)
  const given = reactive({ ...props })
  const events: Record<string, unknown[][]> = {}
  const handlers: Record<string, (...all: unknown[]) => void> = {}
  for (const name of listen) {
    const kept: unknown[][] = (events[name] = [])
    handlers[`on${name[0]!.toUpperCase()}${name.slice(1)}`] = (...all) => void kept.push(all)
  }
  const app: App = createApp({ render: () => h(component, { ...given, ...handlers }) })
  app.use(i18n)
  app.mount(host)
  return {
    props: given,
    events,
    get(testId) {
      const found = document.querySelector<HTMLElement>(`[data-testid="${testId}"]`)
      if (!found) throw new Error(`nothing has the test id ${testId}`)
      return found
    },
    text: () => document.body.textContent ?? '',
    async settled() {
      // Answers that are promises, then what they change on the page.
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
      await nextTick()
    },
    close() {
      app.unmount()
      host.remove()
      document.body.replaceChildren()
    },
  }
}
