// Colours and widths a teacher chooses from; widths in board units (0.01 mm).
import type { StrokeStyle } from '@/net/types'
import type { Tool } from '@/wire/messages'

export const COLOURS = [
  { name: 'black', value: '#1a1a1a' },
  { name: 'blue', value: '#1d4ed8' },
  { name: 'red', value: '#c81e1e' },
  { name: 'green', value: '#15803d' },
  { name: 'orange', value: '#c2410c' },
  { name: 'purple', value: '#7e22ce' },
] as const

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
