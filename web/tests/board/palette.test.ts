// One palette: what students and teachers choose by a name is the same colour.
// @vitest-environment node
import { expect, it } from 'vitest'
import { HIGHLIGHTER_COLOURS, PEN_COLOURS } from '@/board/palette'
import { DESK, PHONE } from '@/features/call/kits'

it('a colour’s name means one colour', () => {
  expect(PEN_COLOURS).toMatchObject(PHONE.colours.pen)
  expect(DESK.colours.pen).toEqual(PEN_COLOURS)
})

it('has only colours the wire takes, no two alike', () => {
  const all = [...Object.values(PEN_COLOURS), ...Object.values(HIGHLIGHTER_COLOURS)]
  expect(new Set(all).size).toBe(all.length)
  for (const colour of all) expect(colour).toMatch(/^#[0-9a-f]{6}$/)
})
