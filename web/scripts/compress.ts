// Every text of the build in smaller forms: `dist/br/` and `dist/gzip/` have the same paths as `dist/`.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const TEXTS = new Set(['.css', '.html', '.js', '.json', '.svg', '.webmanifest'])

/** As small as they get: they are made once and sent often. */
const FORMS = {
  br: (text: Buffer) =>
    brotliCompressSync(text, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
      },
    }),
  gzip: (text: Buffer) => gzipSync(text, { level: constants.Z_BEST_COMPRESSION }),
}

/** Writes the forms of every text below `folder` that are smaller than the text. */
export function compress(folder: string): void {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!TEXTS.has(extname(path)) || /^(br|gzip)[\\/]/.test(path)) continue
    const text = readFileSync(join(folder, path))
    for (const [coding, smaller] of Object.entries(FORMS)) {
      const form = smaller(text)
      if (form.length >= text.length) continue
      const file = join(folder, coding, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, form)
    }
  }
}

export function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    // Not `closeBundle`, which also runs for builds that write nothing.
    writeBundle: { order: 'post', sequential: true, handler: ({ dir }) => compress(dir!) },
  }
}
