// Types of the HTTP interface in `generated/http.ts`, from the description that the server's program prints.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import openapi, { astToString } from 'openapi-typescript'

const root = fileURLToPath(new URL('../..', import.meta.url))
const file = fileURLToPath(new URL('../generated/http.ts', import.meta.url))
const python = process.env.INKCALL_PYTHON ?? `${root}/.venv/bin/python`

if (!existsSync(python)) {
  console.error(
    'The types of the HTTP interface come from the Python side: type `make setup` first.',
  )
  process.exit(1)
}
const described = execFileSync(python, ['-m', 'server.cli', 'openapi', '--json'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
})
const mark = `// Generated from ${createHash('sha256').update(described).digest('hex')}; do not edit.\n`
if (!existsSync(file) || !readFileSync(file, 'utf8').startsWith(mark)) {
  mkdirSync(new URL('../generated', import.meta.url), { recursive: true })
  writeFileSync(file, mark + astToString(await openapi(JSON.parse(described))))
}
