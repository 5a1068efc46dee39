// Languages: Chinese first, English second; words come with the feature they belong to.
import { createI18n } from 'vue-i18n'
import { compile, type Text } from './compile'
import { firstOf, type Language } from './first'

export type { Language }
const KEY = 'inkcall.language'

export type Dictionary = { [key: string]: string | Dictionary }

/** A dictionary in each language, fetched when it is wanted. */
export type Words = Record<Language, () => Promise<{ default: Dictionary }>>

function remembered(): Language {
  const kept = localStorage.getItem(KEY)
  return kept === 'en' || kept === 'zh-CN' ? kept : firstOf(navigator.languages)
}

export const i18n = createI18n({
  legacy: false,
  locale: remembered(),
  // Both languages have every key (there is a test), so the other one need not be fetched as well.
  fallbackLocale: false,
})

export const shared: Words = {
  'zh-CN': () => import('./words.zh-CN'),
  en: () => import('./words.en'),
}

/** Dictionaries in use; a change of language fetches each of them in the other one. */
const active = new Map<Words, Map<Language, Promise<void>>>()

export function language(): Language {
  return i18n.global.locale.value as Language
}

type Compiled = { [key: string]: Text | Compiled }

function compiled(words: Dictionary): Compiled {
  return Object.fromEntries(
    Object.entries(words).map(([key, word]) => [
      key,
      typeof word === 'string' ? compile(word) : compiled(word),
    ]),
  )
}

export function addWords(of: Language, words: Dictionary): void {
  i18n.global.mergeLocaleMessage(of, compiled(words))
}

function fetchWords(words: Words, of: Language): Promise<void> {
  const byLanguage = active.get(words) ?? new Map<Language, Promise<void>>()
  active.set(words, byLanguage)
  let fetching = byLanguage.get(of)
  if (!fetching) {
    fetching = words[of]().then(
      (module) => addWords(of, module.default),
      (error: unknown) => {
        // Not kept, so that the next attempt asks the server again.
        byLanguage.delete(of)
        throw error
      },
    )
    byLanguage.set(of, fetching)
  }
  return fetching
}

/** Resolves once these words can be shown, in the language of that moment. */
export async function loadWords(words: Words): Promise<void> {
  let of: Language
  do {
    of = wanted
    await fetchWords(words, of)
  } while (of !== wanted)
}

/** What was asked for last; the page changes to it when its words have come. */
let wanted: Language = language()

/** Stays with the language there is when the words of the other cannot be fetched. */
export async function setLanguage(next: Language): Promise<void> {
  wanted = next
  try {
    await Promise.all([...active.keys()].map((words) => fetchWords(words, next)))
  } catch {
    if (wanted === next) wanted = language()
    return
  }
  if (wanted !== next) return
  i18n.global.locale.value = next
  localStorage.setItem(KEY, next)
  tellBrowser(next)
}

/** The page's language, and the name under which it would be installed. */
function tellBrowser(of: Language): void {
  document.documentElement.lang = of
  document.querySelector('link[rel=manifest]')?.setAttribute('href', `/${of}.webmanifest`)
}

tellBrowser(language())
