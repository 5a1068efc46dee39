// Languages: Chinese first, English second; merges the dictionaries of the areas of this folder.
import { createI18n } from 'vue-i18n'

export type Language = 'zh-CN' | 'en'
const KEY = 'inkcall.language'

type Dictionary = { [key: string]: string | Dictionary }

/** Files are `<area>.zh-CN.ts` and `<area>.en.ts`; what a file exports stands under its area's name:
 * `greeting` of `teacher.en.ts` is the key `teacher.greeting`. */
const files = import.meta.glob<Dictionary>('./*.{zh-CN,en}.ts', { eager: true, import: 'default' })

function merged(language: Language): Dictionary {
  const all: Dictionary = {}
  for (const [path, dictionary] of Object.entries(files)) {
    const [, area, of] = /\.\/(.+)\.(zh-CN|en)\.ts$/.exec(path) ?? []
    if (area && of === language) all[area] = dictionary
  }
  return all
}

export const dictionaries = { 'zh-CN': merged('zh-CN'), en: merged('en') }

function remembered(): Language {
  const kept = localStorage.getItem(KEY)
  return kept === 'en' || kept === 'zh-CN' ? kept : 'zh-CN'
}

export const i18n = createI18n({
  legacy: false,
  locale: remembered(),
  fallbackLocale: 'zh-CN',
  messages: dictionaries,
})

export function language(): Language {
  return i18n.global.locale.value as Language
}

export function setLanguage(next: Language): void {
  i18n.global.locale.value = next
  localStorage.setItem(KEY, next)
  document.documentElement.lang = next
}

document.documentElement.lang = language()
