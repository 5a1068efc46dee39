// The writing tools of both sides: a student's on a phone, a teacher's on a desk.
import { HIGHLIGHTER_COLOURS, PEN_COLOURS } from '@/board/palette'
import type { Kit } from '@/board/tools'

const { black, blue, red, green } = PEN_COLOURS

export const PHONE: Kit = {
  // A phone has room for four.
  colours: { pen: { black, blue, red, green }, highlighter: HIGHLIGHTER_COLOURS },
  widths: {
    thin: { pen: 40, highlighter: 280 },
    medium: { pen: 75, highlighter: 525 },
    thick: { pen: 140, highlighter: 980 },
  },
  first: { tool: 'pen', colour: { pen: 'blue', highlighter: 'yellow' }, width: 'medium' },
}

export const DESK: Kit = {
  colours: { pen: PEN_COLOURS, highlighter: PEN_COLOURS },
  widths: {
    thin: { pen: 35, highlighter: 350 },
    medium: { pen: 60, highlighter: 550 },
    thick: { pen: 120, highlighter: 900 },
  },
  first: { tool: 'pen', colour: { pen: 'black', highlighter: 'black' }, width: 'medium' },
}

/** In the order of the keys 1 to 6. */
export const COLOUR_NAMES = Object.keys(PEN_COLOURS)

/** What `shortcuts.ts` makes of these keys, as the tools show it. */
export const TOOL_KEYS: Readonly<Record<string, string>> = {
  pen: 'P',
  highlighter: 'H',
  hand: 'V',
  undo: 'Ctrl+Z',
  ...Object.fromEntries(COLOUR_NAMES.map((name, at) => [name, String(at + 1)])),
}
