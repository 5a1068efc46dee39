// The smaller forms of the build's texts: the same text, and none of what is no text.
// @vitest-environment node
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { compress } from '../../scripts/compress'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkcall-build-'))
  mkdirSync(join(folder, 'assets'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const at = (path: string) => join(folder, path)

it.each(['index.html', 'assets/a.js', 'assets/a.css', 'icon.svg', 'en.webmanifest'])(
  '%s is there in both codings, and smaller',
  (path) => {
    const text = '老师 teacher '.repeat(200)
    writeFileSync(at(path), text)
    compress(folder)
    const br = readFileSync(at(`br/${path}`))
    const gzip = readFileSync(at(`gzip/${path}`))
    expect(brotliDecompressSync(br).toString()).toBe(text)
    expect(gunzipSync(gzip).toString()).toBe(text)
    expect(Math.max(br.length, gzip.length)).toBeLessThan(text.length / 10)
  },
)

it('pictures, and texts that would only grow, stay as they are', () => {
  writeFileSync(at('icon.png'), 'x'.repeat(2000))
  writeFileSync(at('assets/tiny.js'), '1')
  compress(folder)
  expect(existsSync(at('br'))).toBe(false)
  expect(existsSync(at('gzip'))).toBe(false)
})

it('a second time makes no forms of the forms', () => {
  writeFileSync(at('assets/a.js'), 'x'.repeat(2000))
  compress(folder)
  compress(folder)
  expect(existsSync(at('br/br'))).toBe(false)
  expect(existsSync(at('br/gzip'))).toBe(false)
})
