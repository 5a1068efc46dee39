// Every word of every feature, in both languages, as tests of a component need them.
import { addWords, type Dictionary, type Language } from '@/i18n'

const files = import.meta.glob<Dictionary>(
  ['../../src/i18n/words.*.ts', '../../src/features/*/words.*.ts'],
  { eager: true, import: 'default' },
)

/** By the folder of the words: `i18n` for what all share, or the feature's name. */
export const DICTIONARIES = new Map<string, Record<Language, Dictionary>>()

for (const [path, words] of Object.entries(files)) {
  const [, folder, of] = /([\w-]+)\/words\.(zh-CN|en)\.ts$/.exec(path) ?? []
  const both = DICTIONARIES.get(folder!) ?? { 'zh-CN': {}, en: {} }
  both[of as Language] = words
  DICTIONARIES.set(folder!, both)
}

export function addEveryWord(): void {
  for (const both of DICTIONARIES.values()) {
    addWords('zh-CN', both['zh-CN'])
    addWords('en', both.en)
  }
}
