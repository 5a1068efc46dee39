// A part of a page whose file does not come: said, asked for again, and shown when it came.
import { createApp, h, nextTick } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import { freshPage } from '@/ui/freshPage'
import { AGAIN_MS, late } from '@/ui/late'
import { addEveryWord } from '../fakes/words'

addEveryWord()
const Part = { props: ['name'], emits: ['done'], render: () => h('p', 'the part') }
let leave = () => {}
let opened: string[]
let there: boolean

beforeEach(() => {
  vi.useFakeTimers({ now: 1_772_000_000_000 })
  vi.spyOn(console, 'error').mockImplementation(() => {})
  sessionStorage.clear()
  i18n.global.locale.value = 'en'
  opened = []
  there = false
  vi.spyOn(location, 'assign').mockImplementation((at) => void opened.push(String(at)))
  vi.stubGlobal('fetch', async () => {
    if (!there) throw new TypeError('no network')
    return new Response('', { status: 200 })
  })
})
afterEach(() => {
  leave()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  i18n.global.locale.value = 'zh-CN'
})

function show(load: Parameters<typeof late>[0]): HTMLElement {
  const host = document.createElement('div')
  const part = late(load)
  const shown = createApp({ render: () => h(part, { name: 'x' }) }).use(i18n)
  shown.mount(host)
  leave = () => shown.unmount()
  return host
}
const calm = async (ms = 0) => {
  await vi.advanceTimersByTimeAsync(ms)
  await nextTick()
}

describe('a late part', () => {
  it('is shown when its file has come', async () => {
    const host = show(async () => Part)
    await calm()
    expect(host.textContent).toBe('the part')
  })

  it('that does not come is said in its place, and asked for again by itself', async () => {
    let fails = 2
    const host = show(async () => {
      if (fails-- > 0) throw new TypeError('Failed to fetch dynamically imported module')
      return Part
    })
    await calm()
    expect(host.textContent).toContain('This part could not be loaded')
    await calm(AGAIN_MS)
    expect(host.textContent).toContain('This part could not be loaded')
    await calm(AGAIN_MS)
    expect(host.textContent).toBe('the part')
  })

  it('is asked for at once when somebody presses', async () => {
    let fails = 1
    const host = show(async () => {
      if (fails-- > 0) throw new TypeError('gone')
      return Part
    })
    await calm()
    host.querySelector<HTMLElement>('[data-testid="late-again"]')!.click()
    await calm()
    expect(host.textContent).toBe('the part')
  })

  it('whose failure the browser keeps has the page opened anew once the server answers, once', async () => {
    show(async () => {
      throw new TypeError('kept')
    })
    await calm(3 * AGAIN_MS)
    expect(opened).toEqual([])
    there = true
    await calm(3 * AGAIN_MS)
    expect(opened).toEqual([location.href])
  })

  it('asks for nothing more once it is no longer shown', async () => {
    const load = vi.fn(async () => {
      throw new TypeError('gone')
    })
    show(load)
    await calm()
    leave()
    leave = () => {}
    await calm(10 * AGAIN_MS)
    expect(load).toHaveBeenCalledOnce()
  })
})

describe('a fresh page', () => {
  it('is opened at the address wanted', async () => {
    there = true
    expect(await freshPage('/student/rating/s_1')).toBe(true)
    expect(opened).toEqual(['/student/rating/s_1'])
  })

  it('is not opened while the server is away', async () => {
    expect(await freshPage()).toBe(false)
    expect(opened).toEqual([])
  })
})
