// The language of a first visit: the first of the browser's own that we have. Pure.
export type Language = 'zh-CN' | 'en'

/** Of `wanted` (BCP 47, the best first); Chinese when there is none of ours. */
export function firstOf(wanted: readonly string[]): Language {
  for (const one of wanted) {
    const [language] = one.toLowerCase().split('-')
    if (language === 'zh') return 'zh-CN'
    if (language === 'en') return 'en'
  }
  return 'zh-CN'
}
