// Choosing a tool: what a stroke then looks like, and which tools change their colour together. Pure.
// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { paletteOf, styleOf, TOOLS, WIDTHS, withColour } from '@/board/tools'
import { COLOUR_NAMES, DESK, PHONE, TOOL_KEYS } from '@/features/call/kits'
import { actionOf } from '@/features/call/shortcuts'

describe.each([
  ['phone', PHONE],
  ['desk', DESK],
])('the tools of the %s', (_where, kit) => {
  it('give what the wire allows for every choice', () => {
    const looks = new Set<string>()
    for (const tool of TOOLS) {
      for (const width of WIDTHS) {
        const held = { ...kit.first, tool, width }
        for (const name of Object.keys(paletteOf(kit, held))) {
          const style = styleOf(kit, withColour(kit, held, name))
          expect(style.colour).toBe(paletteOf(kit, held)[name])
          expect(style.colour).toMatch(/^#[0-9a-f]{6}$/)
          expect(style.width).toBeGreaterThanOrEqual(5)
          expect(style.width).toBeLessThanOrEqual(2000)
          if (tool !== 'hand') looks.add(JSON.stringify(style))
        }
      }
    }
    const { pen, highlighter } = kit.colours
    expect(looks.size).toBe(3 * (Object.keys(pen).length + Object.keys(highlighter).length))
  })
})

it('on the phone each tool keeps its own colour, and the hand has the pen’s looks', () => {
  const marking = withColour(PHONE, { ...PHONE.first, tool: 'highlighter' }, 'green')
  expect(marking.colour).toEqual({ pen: 'blue', highlighter: 'green' })
  expect(styleOf(PHONE, { ...marking, tool: 'hand' })).toEqual(styleOf(PHONE, PHONE.first))
})

it('on the desk both tools have the colour that was taken last', () => {
  const red = withColour(DESK, DESK.first, 'red')
  expect(red.colour).toEqual({ pen: 'red', highlighter: 'red' })
  expect(DESK.first.colour.pen).toBe('black')
})

it('the keys that the tools show do what they show', () => {
  const press = (key: string) =>
    actionOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false }, false)
  for (const tool of TOOLS) expect(press(TOOL_KEYS[tool]!)).toEqual({ do: 'tool', tool })
  COLOUR_NAMES.forEach((name, index) =>
    expect(press(TOOL_KEYS[name]!)).toEqual({ do: 'colour', index }),
  )
})
