// Texts with holes and plurals, and the fetching of words when the language changes.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { addWords, i18n, language, loadWords, setLanguage, type Words } from '@/i18n'

const { t } = i18n.global

describe('texts', () => {
  addWords('zh-CN', {
    probe: {
      plain: '白板 {}',
      holes: '{name} 在第 {n} 页，{name}',
      count: '{n} session | {n} sessions',
    },
  })
  it('fill their holes, each as often as it stands there', () => {
    expect(t('probe.holes', { name: '林', n: 3 })).toBe('林 在第 3 页，林')
  })
  it('leave out what was not given', () => {
    expect(t('probe.holes', { n: 0 })).toBe(' 在第 0 页，')
  })
  it('keep braces that are no hole', () => {
    expect(t('probe.plain')).toBe('白板 {}')
  })
  it.each([
    [1, '1 session'],
    [2, '2 sessions'],
    [0, '0 sessions'],
  ])('say %i in its own form', (n, said) => {
    expect(t('probe.count', { n }, n)).toBe(said)
  })
})

function wordsOf(area: string): Words & Record<'zh-CN' | 'en', ReturnType<typeof vi.fn>> {
  return {
    'zh-CN': vi.fn(async () => ({ default: { [area]: { hello: '你好' } } })),
    en: vi.fn(async () => ({ default: { [area]: { hello: 'Hello' } } })),
  }
}

describe('words of a feature', () => {
  afterEach(async () => {
    await setLanguage('zh-CN')
  })

  it('come once, in the language of the page', async () => {
    const words = wordsOf('one')
    await Promise.all([loadWords(words), loadWords(words)])
    expect(t('one.hello')).toBe('你好')
    expect(words['zh-CN']).toHaveBeenCalledTimes(1)
    expect(words.en).not.toHaveBeenCalled()
  })

  it('come in the other language before the page changes to it', async () => {
    const words = wordsOf('two')
    await loadWords(words)
    const changing = setLanguage('en')
    expect(language()).toBe('zh-CN')
    await changing
    expect(language()).toBe('en')
    expect(t('two.hello')).toBe('Hello')
    expect(document.documentElement.lang).toBe('en')
  })

  it('of a feature entered during the change come in the new language', async () => {
    const words = wordsOf('three')
    const changing = setLanguage('en')
    await Promise.all([changing, loadWords(words)])
    expect(t('three.hello')).toBe('Hello')
  })

  it('that cannot be fetched leave the language as it is, and are asked for again', async () => {
    const words = wordsOf('four')
    words.en.mockRejectedValueOnce(new Error('offline'))
    await loadWords(words)
    await setLanguage('en')
    expect(language()).toBe('zh-CN')
    await setLanguage('en')
    expect(language()).toBe('en')
    expect(t('four.hello')).toBe('Hello')
  })
})
