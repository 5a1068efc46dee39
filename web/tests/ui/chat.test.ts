// The chat of every page: who stands where, what follows the end, and what Enter does.
import { createApp, h, nextTick, reactive, type App, type Component } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import ChatLines from '@/ui/ChatLines.vue'
import ChatWriter from '@/ui/ChatWriter.vue'

let app: App | null = null
let host: HTMLElement

function show(component: Component, props: Record<string, unknown>): void {
  host = document.createElement('div')
  document.body.append(host)
  app = createApp({ render: () => h(component, props) })
  app.mount(host)
}
afterEach(() => {
  app?.unmount()
  host.remove()
  vi.restoreAllMocks()
})

const line = (seq: number, member: string, text: string) => ({ seq, at: 61_000, member, text })
const one = (selector: string) => host.querySelector<HTMLElement>(selector)!

describe('the lines', () => {
  const props = (more: Record<string, unknown> = {}) =>
    reactive({
      lines: [line(1, 'stu', '在吗'), line(2, 'tea', '<b>在</b>')],
      nameOf: (member: string) => ({ stu: '林小雨', tea: '陈静怡' })[member] ?? '—',
      right: (member: string) => member === 'tea',
      label: 'Chat',
      empty: 'Nothing yet',
      ...more,
    })

  it('say who, when and what, each on their side, and markup is text', () => {
    show(ChatLines, props())
    const [first, second] = [...host.querySelectorAll('li')]
    expect(first!.textContent).toMatch(/林小雨\s*1:01\s*在吗/)
    expect(first!.classList.contains('right')).toBe(false)
    expect(second!.classList.contains('right')).toBe(true)
    expect(second!.querySelector('p')!.textContent).toBe('<b>在</b>')
    expect(one('[role=log]').getAttribute('aria-label')).toBe('Chat')
  })

  it('on a phone the names are for those who hear them', () => {
    show(ChatLines, props({ large: true }))
    expect(one('li .visually-hidden').textContent).toBe('林小雨：')
    expect(host.querySelector('time')).toBeNull()
  })

  it('are joined by those that are not sent yet, which are said to be', () => {
    show(ChatLines, props({ lines: [], unsent: { lines: ['听得到吗'], note: 'Not sent yet' } }))
    expect(one('[data-testid=unsent]').textContent).toMatch(/听得到吗\s*Not sent yet/)
    expect(host.textContent).not.toContain('Nothing yet')
  })

  it('are said to be none', () => {
    show(ChatLines, props({ lines: [] }))
    expect(host.textContent).toBe('Nothing yet')
  })

  describe('with more than can be seen', () => {
    let top = 0
    let height = 300
    let resized = () => {}
    beforeEach(() => {
      vi.stubGlobal(
        'ResizeObserver',
        class {
          constructor(callback: () => void) {
            resized = callback
          }
          observe() {}
          disconnect() {}
        },
      )
      vi.spyOn(HTMLElement.prototype, 'scrollHeight', 'get').mockReturnValue(1000)
      vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockImplementation(() => height)
      vi.spyOn(HTMLElement.prototype, 'scrollTop', 'get').mockImplementation(() => top)
      top = 0
      height = 300
    })
    afterEach(() => vi.unstubAllGlobals())
    async function comes(member: string, from: number): Promise<boolean> {
      const given = props({ you: 'stu' })
      show(ChatLines, given)
      top = from
      one('[role=log]').dispatchEvent(new Event('scroll'))
      const scrolled = vi.spyOn(one('[role=log]'), 'scrollTo').mockImplementation(() => {})
      given.lines = [...given.lines, line(3, member, 'x')]
      await nextTick()
      await nextTick()
      return scrolled.mock.calls.length > 0
    }

    it('whoever is at the end follows it', async () => {
      expect(await comes('tea', 690)).toBe(true)
    })
    it('whoever reads further up is left there', async () => {
      expect(await comes('tea', 200)).toBe(false)
    })
    it.each([
      ['was at the end sees the newest line', 690, true],
      ['read further up is where they were', 200, false],
    ])('whoever %s when it is shown again', async (_what, from, end) => {
      show(ChatLines, props())
      top = from
      const list = one('[role=log]')
      list.dispatchEvent(new Event('scroll'))
      ;[top, height] = [0, 0]
      list.dispatchEvent(new Event('scroll'))
      const scrolled = vi.spyOn(list, 'scrollTo').mockImplementation(() => {})
      height = 300
      resized()
      expect(scrolled.mock.calls.length > 0).toBe(end)
    })
    it('but sees their own line', async () => {
      expect(await comes('stu', 200)).toBe(true)
    })
  })
})

describe('the box', () => {
  const said = vi.fn()
  function write(text: string): HTMLTextAreaElement {
    const box = one('textarea') as HTMLTextAreaElement
    box.value = text
    box.dispatchEvent(new Event('input'))
    return box
  }
  beforeEach(() => said.mockClear())

  it('Enter sends and empties it; not with Shift, and not while a word is being spelt', async () => {
    show(ChatWriter, { placeholder: 'Write', send: 'Send', onSay: said })
    const box = write('抛物线')
    for (const more of [{ shiftKey: true }, { isComposing: true }]) {
      box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ...more }))
    }
    expect(said).not.toHaveBeenCalled()
    box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }))
    box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }))
    expect(said.mock.calls).toEqual([['抛物线']])
    await nextTick()
    expect(box.value).toBe('')
  })

  it.each([
    ['only blanks', '  \n ', false],
    ['closed', '你好', true],
  ])('sends nothing: %s', async (_why, text, disabled) => {
    show(ChatWriter, { placeholder: 'Write', send: 'Send', disabled, onSay: said })
    write(text)
    await nextTick()
    expect((one('button') as HTMLButtonElement).disabled).toBe(true)
    one('form').dispatchEvent(new Event('submit'))
    expect(said).not.toHaveBeenCalled()
  })
})
