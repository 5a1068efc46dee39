// The writing tools: which colours and widths they have, and what a stroke drawn with them looks like. Pure.
import type { StrokeStyle } from '@/net/types'
import type { Tool } from '@/wire/messages'

export type ToolName = Tool | 'hand'
export const TOOLS: readonly ToolName[] = ['pen', 'highlighter', 'hand']
export const WIDTHS = ['thin', 'medium', 'thick'] as const
export type WidthName = (typeof WIDTHS)[number]

/** What there is to choose from. Tools with one and the same palette change their colour together. */
export interface Kit {
  colours: Record<Tool, Readonly<Record<string, string>>>
  /** Board units (0.01 mm). */
  widths: Record<WidthName, Record<Tool, number>>
  first: Choice
}

export interface Choice {
  tool: ToolName
  /** By name. */
  colour: Record<Tool, string>
  width: WidthName
}

/** What draws; the hand draws nothing, so it has the pen's looks. */
export function inkOf(choice: Choice): Tool {
  return choice.tool === 'highlighter' ? 'highlighter' : 'pen'
}

export function paletteOf(kit: Kit, choice: Choice): Readonly<Record<string, string>> {
  return kit.colours[inkOf(choice)]
}

/** The choice after taking this colour of the tool in hand. */
export function withColour(kit: Kit, choice: Choice, name: string): Choice {
  const { pen, highlighter } = kit.colours
  const all = pen === highlighter ? { pen: name, highlighter: name } : { [inkOf(choice)]: name }
  return { ...choice, colour: { ...choice.colour, ...all } }
}

export function styleOf(kit: Kit, choice: Choice): StrokeStyle {
  const tool = inkOf(choice)
  return {
    tool,
    colour: kit.colours[tool][choice.colour[tool]]!,
    width: kit.widths[choice.width][tool],
  }
}
