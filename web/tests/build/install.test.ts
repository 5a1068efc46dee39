// What makes the pages installable: a manifest in each language, and the page for a lost network.
// @vitest-environment node
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import en from '@/i18n/words.en'
import zh from '@/i18n/words.zh-CN'
import { PICTURES } from '../../scripts/icon'

const WEB = join(import.meta.dirname, '../..')
const text = (path: string) => readFileSync(join(WEB, path), 'utf8')
const paper = /--paper: (#\w+);/.exec(text('src/ui/theme.css'))![1]!

describe.each([
  ['zh-CN', zh.common.appName],
  ['en', en.common.appName],
])('the manifest in %s', (language, name) => {
  const manifest = JSON.parse(text(`public/${language}.webmanifest`))

  it('has the name of the app, and is the same app in every language', () => {
    expect(manifest).toMatchObject({ name, short_name: name, lang: language })
    expect(manifest).toMatchObject({ id: '/', start_url: '/', scope: '/', display: 'standalone' })
  })

  it('has the colour of the paper, as the page says', () => {
    expect(manifest).toMatchObject({ theme_color: paper, background_color: paper })
    expect(text('index.html')).toContain(`<meta name="theme-color" content="${paper}" />`)
  })

  it('names icons that are there, as large as it says', () => {
    const sizes = manifest.icons.map((icon: { sizes: string }) => icon.sizes)
    // What Chromium wants before it offers to install.
    expect(sizes).toEqual(expect.arrayContaining(['192x192', '512x512']))
    for (const { src, sizes, purpose } of manifest.icons) {
      const picture = PICTURES.find(({ name }) => src === `/${name}`)
      if (!picture) expect(existsSync(join(WEB, 'public', src)), src).toBe(true)
      else expect(sizes).toBe(`${picture.pixels}x${picture.pixels}`)
      if (purpose === 'maskable') expect(picture?.full).toBe(true)
    }
  })
})

it('the page names what is there', () => {
  const page = text('index.html')
  expect(existsSync(join(WEB, 'public', /rel="manifest" href="(.*?)"/.exec(page)![1]!))).toBe(true)
  const touch = /rel="apple-touch-icon" href="\/(.*?)"/.exec(page)![1]
  expect(PICTURES.map(({ name }) => name)).toContain(touch)
})

/** The file of the service worker, run with a network that the test is. */
function worker(network: () => Promise<Response>) {
  const listeners = new Map<string, (event: unknown) => void>()
  const self = {
    addEventListener: (kind: string, listener: (event: unknown) => void) =>
      listeners.set(kind, listener),
    skipWaiting: vi.fn(),
    registration: { navigationPreload: { enable: vi.fn(async () => {}) } },
  }
  // There is no `caches` here: whoever keeps something fails.
  new Function('self', 'fetch', text('public/sw.js'))(self, network)
  const ask = async (url: string, mode: string, preloaded?: Promise<Response>) => {
    let answer: Promise<Response> | undefined
    listeners.get('fetch')!({
      request: { url: `https://inkcall.test${url}`, mode, method: 'GET' },
      preloadResponse: preloaded ?? Promise.resolve(undefined),
      respondWith: (given: Promise<Response>) => (answer = given),
    })
    return answer && (await answer)
  }
  return { self, listeners, ask }
}

const away = () => Promise.reject(new TypeError('no network'))

describe('the service worker', () => {
  it('shows a page in both languages when there is no network', async () => {
    const answer = (await worker(away).ask('/student', 'navigate'))!
    expect(answer.status).toBe(503)
    expect(answer.headers.get('Content-Type')).toContain('text/html')
    const page = await answer.text()
    expect(page).toContain('现在没有网络')
    expect(page).toContain('You are offline')
    // It needs nothing from anywhere, and no script.
    expect(page).not.toMatch(/<script|src=|https?:/)
  })

  it('lets the server answer whenever it can, so that no page is an old one', async () => {
    let asked = 0
    const { ask } = worker(async () => new Response(`page ${(asked += 1)}`))
    expect(await (await ask('/teacher', 'navigate'))!.text()).toBe('page 1')
    expect(await (await ask('/teacher', 'navigate'))!.text()).toBe('page 2')
    const early = Promise.resolve(new Response('asked for while it started'))
    expect(await (await ask('/', 'navigate', early))!.text()).toBe('asked for while it started')
    expect(asked).toBe(2)
  })

  it.each([
    ['/api/people/p_1', 'cors'],
    ['/api/recordings/s_1/voices', 'navigate'],
    ['/assets/index-1.js', 'cors'],
    ['/icon.svg', 'no-cors'],
  ])('leaves %s (%s) alone', async (url, mode) => {
    expect(await worker(away).ask(url, mode)).toBeUndefined()
  })

  it('a new one takes the place of the old at once', () => {
    const { self, listeners } = worker(away)
    listeners.get('install')!({})
    expect(self.skipWaiting).toHaveBeenCalled()
    listeners.get('activate')!({ waitUntil: () => {} })
    expect(self.registration.navigationPreload.enable).toHaveBeenCalled()
  })

  it('shows the sign and the colours of the pages', () => {
    const [, sign] = /<svg [^>]*>(.*)<\/svg>/.exec(text('public/icon.svg'))!
    expect(text('public/sw.js')).toContain(sign)
    const theme = text('src/ui/theme.css')
    for (const [colour] of text('public/sw.js').matchAll(/#[0-9a-f]{6}\b/g))
      expect(theme + sign).toContain(colour)
  })
})
