// Colours and widths a teacher chooses from; widths in board units (0.01 mm).
import { PEN_COLOURS } from '@/board/palette'
import type { StrokeStyle } from '@/net/types'
import type { Tool } from '@/wire/messages'

export const COLOURS = (['black', 'blue', 'red', 'green', 'orange', 'purple'] as const).map(
  (name) => ({ name, value: PEN_COLOURS[name] }),
)

export const WIDTHS = [
  { name: 'thin', pen: 35, highlighter: 350 },
  { name: 'medium', pen: 60, highlighter: 550 },
  { name: 'thick', pen: 120, highlighter: 900 },
] as const

export interface Choice {
  tool: Tool | 'hand'
  colour: number
  width: number
}

/** What a stroke drawn now looks like; the hand draws nothing, so it has the pen's. */
export function styleOf(choice: Choice): StrokeStyle {
  const tool = choice.tool === 'highlighter' ? 'highlighter' : 'pen'
  return { tool, colour: COLOURS[choice.colour]!.value, width: WIDTHS[choice.width]![tool] }
}
