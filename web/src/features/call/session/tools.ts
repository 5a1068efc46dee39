// The writing tools a student has, and how they draw.
import { reactive } from 'vue'
import { HIGHLIGHTER_COLOURS, PEN_COLOURS as ALL_PENS } from '@/board/palette'
import type { StrokeStyle } from '@/net/types'
import type { Tool } from '@/wire/messages'

const { black, blue, red, green } = ALL_PENS
/** A phone has room for four. */
export const PEN_COLOURS = { black, blue, red, green } as const
export { HIGHLIGHTER_COLOURS } from '@/board/palette'
/** Board units: 0.4, 0.75 and 1.4 mm. */
export const WIDTHS = { thin: 40, medium: 75, thick: 140 } as const
const HIGHLIGHTER_TIMES = 7

export type ColourName = 'black' | 'blue' | 'red' | 'green' | 'yellow'
export type WidthName = keyof typeof WIDTHS

export interface ToolChoice {
  tool: Tool | 'hand'
  penColour: keyof typeof PEN_COLOURS
  highlighterColour: keyof typeof HIGHLIGHTER_COLOURS
  width: WidthName
}

export function makeToolChoice(): ToolChoice {
  return reactive<ToolChoice>({
    tool: 'pen',
    penColour: 'blue',
    highlighterColour: 'yellow',
    width: 'medium',
  })
}

export function coloursOf(tool: Tool | 'hand'): Record<string, string> {
  return tool === 'highlighter' ? HIGHLIGHTER_COLOURS : PEN_COLOURS
}

export function styleOf(choice: ToolChoice): StrokeStyle {
  const width = WIDTHS[choice.width]
  if (choice.tool === 'highlighter') {
    const colour = HIGHLIGHTER_COLOURS[choice.highlighterColour]
    return { tool: 'highlighter', colour, width: width * HIGHLIGHTER_TIMES }
  }
  return { tool: 'pen', colour: PEN_COLOURS[choice.penColour], width }
}
