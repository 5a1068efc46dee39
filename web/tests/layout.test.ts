// The layout's own rules for the front end, as `tests/test_layout.py` has them for Python.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

const MAX_LINES_FUNCTION = 60

/** The code of every file below `folder`, by path; of a component its script. */
function sources(folder: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(ts|vue)$/.test(entry)) continue
    const text = readFileSync(join(folder, entry), 'utf8')
    const script = /<script[^>]*>(.*?)<\/script>/s.exec(text)
    found.set(entry, entry.endsWith('.vue') ? (script?.[1] ?? '') : text)
  }
  return found
}

/** Names and lines of the functions of `text` that are too long; a function inside counts for itself only. */
function tooLong(text: string): string[] {
  const source = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const line = (at: number): number => source.getLineAndCharacterOfPosition(at).line
  /** Lines of the functions within `node`. */
  const within = (node: ts.Node): number => {
    let lines = 0
    node.forEachChild((child) => {
      const inside = within(child)
      if (!ts.isFunctionLike(child) || !('body' in child) || !child.body) {
        lines += inside
        return
      }
      const all = line(child.end) - line(child.getStart()) + 1
      const name = child.name?.getText() ?? `line ${line(child.getStart()) + 1}`
      if (all - inside > MAX_LINES_FUNCTION) found.push(`${name}: ${all - inside}`)
      lines += all
    })
    return lines
  }
  within(source)
  return found
}

it('counts a function without those inside it', () => {
  const long = 'a()\n'.repeat(MAX_LINES_FUNCTION)
  expect(tooLong(`function f() {\n${long}}`)).toEqual(['f: 62'])
  expect(tooLong(`function f() {\n  const g = () => {\n${long}  }\n}`)).toEqual(['line 2: 62'])
  expect(tooLong(`function f() {\n  const g = () => {\n  }\n${long.slice(0, -12)}}`)).toEqual([])
})

it('has no function that is longer than can be read', () => {
  const files = sources(join(import.meta.dirname, '../src'))
  expect(files.size).toBeGreaterThan(100)
  const found = [...files].flatMap(([file, text]) => tooLong(text).map((what) => `${file} ${what}`))
  expect(found).toEqual([])
})

it('has one palette: no colour is written in two places', () => {
  /** What is painted on a canvas cannot read the tokens of `theme.css`. */
  const painted = ['board/paint.ts', 'board/palette.ts', 'ui/PersonAvatar.vue']
  const where = new Map<string, Set<string>>()
  for (const file of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!/\.(ts|vue|css)$/.test(file) || painted.includes(file)) continue
    for (const [colour] of readFileSync(join('src', file), 'utf8').matchAll(/#[0-9a-f]{6}\b/gi)) {
      const files = where.get(colour.toLowerCase()) ?? new Set()
      where.set(colour.toLowerCase(), files.add(file))
    }
  }
  where.delete('#ffffff')
  expect(where.size).toBeGreaterThan(40)
  expect([...where].filter(([, files]) => files.size > 1)).toEqual([])
  // The one that both the canvas and the pages need.
  const desk = /const DESK = '(#\w+)'/.exec(readFileSync('src/board/paint.ts', 'utf8'))![1]!
  expect(where.get(desk)).toEqual(new Set(['ui/theme.css']))
})
