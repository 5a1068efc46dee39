// How good a call sounds, in a word, from the figures of a `quality` message. Pure.
import type { Quality } from '@/wire/messages'

export type QualityGrade = 'good' | 'fair' | 'poor' | 'none'

/** Opus with its loss concealment stays clear below 3 % and breaks up above 10 % of loss; a round
 * trip above 300 ms is felt in a conversation, above 600 ms people talk over each other. */
export function gradeOf(quality: Quality | undefined): QualityGrade {
  if (!quality || quality.voice === 'new' || quality.voice === 'connecting') return 'none'
  if (quality.voice !== 'connected') return 'poor'
  if (quality.loss > 0.1 || quality.rtt_ms > 600) return 'poor'
  if (quality.loss > 0.03 || quality.rtt_ms > 300 || quality.jitter_ms > 60) return 'fair'
  return 'good'
}

export const BARS: Record<QualityGrade, number> = { good: 3, fair: 2, poor: 1, none: 0 }
