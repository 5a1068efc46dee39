// The parts of a student's rating, and how much of each there may be. Pure.
import type { RatingForm } from '@/net/types'

export type StyleLabel = RatingForm['labels'][number]
export const ITEMS = ['understood', 'clear', 'patient', 'useful'] as const
export type Item = (typeof ITEMS)[number]
export const LEVELS = [0, 1, 2, 3] as const
export const MOST_LABELS = 5
export const LONGEST_COMMENT = 500

export type Marks = Record<Item, number | null>

export function noMarks(): Marks {
  return { understood: null, clear: null, patient: null, useful: null }
}

/** All marks, once each is given. */
export function complete(marks: Marks): Record<Item, number> | null {
  return ITEMS.every((item) => marks[item] !== null) ? (marks as Record<Item, number>) : null
}

/** Out of twelve. */
export function total(marks: Marks): number {
  return ITEMS.reduce((sum, item) => sum + (marks[item] ?? 0), 0)
}
