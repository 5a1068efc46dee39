// The teacher's form after a session: what it holds and when it can be sent. Pure.
import type { ReportForm } from '@/net/types'

export const MAX_KNOWLEDGE_POINTS = 5
export const MAX_KNOWLEDGE_POINT_LENGTH = 60
export const MAX_COMMENT_LENGTH = 500

export interface Draft {
  knowledge: string[]
  difficulty: number | null
  participation: number | null
  comment: string
}

export type Fault = 'missing' | 'missingKnowledge' | 'tooMany' | 'tooLong'

/** Trimmed, without repeats and empty ones; what is beyond five is left for `faultsOf` to name. */
export function tidyKnowledge(points: readonly string[]): string[] {
  return [...new Set(points.map((point) => point.trim().replace(/\s+/g, ' ')))].filter(Boolean)
}

/** What keeps the draft from being sent, by field; empty when nothing does. */
export function faultsOf(draft: Draft): Partial<Record<keyof Draft, Fault>> {
  const faults: Partial<Record<keyof Draft, Fault>> = {}
  const points = tidyKnowledge(draft.knowledge)
  if (points.length === 0) faults.knowledge = 'missingKnowledge'
  else if (points.length > MAX_KNOWLEDGE_POINTS) faults.knowledge = 'tooMany'
  else if (points.some((point) => [...point].length > MAX_KNOWLEDGE_POINT_LENGTH)) {
    faults.knowledge = 'tooLong'
  }
  if (draft.difficulty === null) faults.difficulty = 'missing'
  if (draft.participation === null) faults.participation = 'missing'
  return faults
}

/** The form to send; only for a draft without faults. */
export function formOf(draft: Draft): ReportForm {
  if (draft.difficulty === null || draft.participation === null) {
    throw new Error('the draft is not complete')
  }
  return {
    knowledge_points: tidyKnowledge(draft.knowledge),
    difficulty: draft.difficulty,
    participation: draft.participation,
    comment: draft.comment.trim(),
  }
}
