// Types of the HTTP interface, from its description: `node scripts/types.mjs [description.json types.ts]`.
// Without arguments `generated/http.ts`, from what the server's own program says.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import openapi, { astToString } from 'openapi-typescript'

const root = fileURLToPath(new URL('../..', import.meta.url))
const [from, to = fileURLToPath(new URL('../generated/http.ts', import.meta.url))] =
  process.argv.slice(2)

function asked() {
  const python = process.env.INKCALL_PYTHON ?? `${root}/.venv/bin/python`
  if (!existsSync(python)) {
    console.error(
      'The types of the HTTP interface come from the Python side: type `make setup` first.',
    )
    process.exit(1)
  }
  return execFileSync(python, ['-m', 'server.cli', 'openapi', '--json'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
}

const described = from ? readFileSync(from, 'utf8') : asked()
const mark = `// Generated from ${createHash('sha256').update(described).digest('hex')}; do not edit.\n`
if (!existsSync(to) || !readFileSync(to, 'utf8').startsWith(mark)) {
  mkdirSync(dirname(to), { recursive: true })
  writeFileSync(to, mark + astToString(await openapi(JSON.parse(described))))
}
