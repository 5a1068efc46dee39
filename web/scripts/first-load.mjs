// What a student's home weighs before it can be seen: builds in memory, sums gzip, fails above the limit.
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const LIMIT = 90_000
const HOME = /src\/features\/calls\/HomePage\.vue$/
const WORDS = /src\/(i18n|features\/calls)\/words\.(zh-CN|en)\.ts$/

const built = await build({ logLevel: 'error', build: { write: false } })
const output = (Array.isArray(built) ? built : [built]).flatMap((one) => one.output)
const files = new Map(output.map((file) => [file.fileName, file]))
const chunks = output.filter((file) => file.type === 'chunk')

function weightOf(name) {
  const file = files.get(name)
  return gzipSync(file.type === 'chunk' ? file.code : file.source).length
}

function one(what, found) {
  if (found.length === 1) return found[0]
  throw new Error(`${found.length} files of the build are ${what}: this script wants one`)
}

/** A chunk with what it imports before it runs, and the styles of all of them. */
function needs(chunk, all = new Set()) {
  if (all.has(chunk.fileName)) return all
  all.add(chunk.fileName)
  for (const css of chunk.viteMetadata?.importedCss ?? []) all.add(css)
  for (const name of chunk.imports) needs(files.get(name), all)
  return all
}

const entry = one(
  'the entry',
  chunks.filter((chunk) => chunk.isEntry),
)
const home = one(
  "the student's home",
  chunks.filter((chunk) => HOME.test(chunk.facadeModuleId ?? '')),
)
const first = needs(home, needs(entry))
/** Only one language is fetched, so the heavier one counts. */
const byLanguage = { 'zh-CN': new Set(), en: new Set() }
for (const chunk of chunks) {
  const [, , language] = WORDS.exec(chunk.facadeModuleId ?? '') ?? []
  if (language)
    for (const name of needs(chunk)) if (!first.has(name)) byLanguage[language].add(name)
}
const sum = (names) => [...names].reduce((total, name) => total + weightOf(name), 0)
const heavier = Object.values(byLanguage).sort((a, b) => sum(b) - sum(a))[0]
if (heavier.size !== 2) throw new Error('the words of the home are not where this script looks')

const names = [...first, ...heavier].sort((a, b) => weightOf(b) - weightOf(a))
for (const name of names) console.log(String(weightOf(name)).padStart(7), name)
const total = sum(names)
console.log(String(total).padStart(7), `bytes (gzip) of ${LIMIT} for a student's home`)
if (total > LIMIT) process.exitCode = 1
