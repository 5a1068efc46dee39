// The language of a first visit, and that a choice outlives it.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { firstOf } from '@/i18n/first'

it.each([
  [['en-US', 'en'], 'en'],
  [['zh-TW', 'en'], 'zh-CN'],
  [['ZH'], 'zh-CN'],
  [['fr-FR', 'en-GB', 'zh'], 'en'],
  [['fr'], 'zh-CN'],
  // Not English, though it begins so.
  [['enm'], 'zh-CN'],
  [[], 'zh-CN'],
])('of a browser that wants %j is %s', (wanted, language) => {
  expect(firstOf(wanted)).toBe(language)
})

describe('the pages', () => {
  afterEach(() => {
    localStorage.clear()
    vi.restoreAllMocks()
    vi.resetModules()
  })

  async function arrive(...languages: string[]) {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(languages)
    vi.resetModules()
    return (await import('@/i18n')).language()
  }

  it('begin in the language of the browser', async () => {
    document.head.innerHTML = '<link rel="manifest" href="/zh-CN.webmanifest" />'
    expect(await arrive('en-GB')).toBe('en')
    expect(document.documentElement.lang).toBe('en')
    const manifest = document.querySelector('link[rel=manifest]')!
    expect(manifest.getAttribute('href')).toBe('/en.webmanifest')
    expect(await arrive('zh-HK')).toBe('zh-CN')
    expect(manifest.getAttribute('href')).toBe('/zh-CN.webmanifest')
  })

  it('stay in the one that was chosen', async () => {
    localStorage.setItem('inkcall.language', 'zh-CN')
    expect(await arrive('en')).toBe('zh-CN')
  })

  it('take the browser’s for a choice that is none', async () => {
    localStorage.setItem('inkcall.language', 'tlh')
    expect(await arrive('en')).toBe('en')
  })
})
