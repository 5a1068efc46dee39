// The board as it crosses the wire: pages, strokes, points; as wire/board.py.
import type { PageKind, Tool } from './common'

/** `[x, y, pressure, dt]`: 0.01 mm, 0.01 mm, 0 to 1000, ms since the stroke's previous point. */
export type Point = [x: number, y: number, pressure: number, dt: number]

export interface Page {
  page: string
  kind: PageKind
  width: number
  height: number
  paper: string
  photo: string | null
  /** Of a photo's bytes as kept; missing in older recordings. */
  photo_sha256?: string
}

export interface Stroke {
  stroke: string
  page: string
  member: string
  source: string
  tool: Tool
  colour: string
  width: number
  points: Point[]
  ended: boolean
}

export interface ChatLine {
  seq: number
  at: number
  member: string
  text: string
}

/** Pages in their order, strokes in the order they began (the order of the object's keys). */
export interface Board {
  pages: Page[]
  strokes: Record<string, Stroke>
  open_page: string | null
}
