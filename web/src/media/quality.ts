// How good a call is, in one word, from what the server measured. The only place that decides. Pure.
import type { Quality } from '@/wire/messages'
import type { VoiceState } from './types'

export type Grade = 'good' | 'fair' | 'poor' | 'none'

/** ITU-T G.1010 (11/2001), table I.1, conversational voice: less than 3 % of packets lost. */
const FAIR_LOSS = 0.03
/** Above this words are missing: chosen here, no standard has a figure. */
const POOR_LOSS = 0.1
/** ITU-T G.114 (05/2003): most do not notice up to 150 ms one way, so 300 ms there and back. */
const FAIR_RTT_MS = 300
/** Stricter than G.114's limit of 400 ms one way: the buffers at both ends are not measured. */
const POOR_RTT_MS = 600
/** About three 20 ms packets waiting in the jitter buffer: chosen here, no standard has a figure. */
const FAIR_JITTER_MS = 60

export const BARS: Record<Grade, number> = { good: 3, fair: 2, poor: 1, none: 0 }

/** How one member's voice travels. */
export function gradeOf(quality: Quality | undefined): Grade {
  if (!quality || quality.voice === 'new' || quality.voice === 'connecting') return 'none'
  if (quality.voice !== 'connected') return 'poor'
  if (quality.loss > POOR_LOSS || quality.rtt_ms > POOR_RTT_MS) return 'poor'
  const fair =
    quality.loss > FAIR_LOSS || quality.rtt_ms > FAIR_RTT_MS || quality.jitter_ms > FAIR_JITTER_MS
  return fair ? 'fair' : 'good'
}

/** How the whole call is: as good as the worst voice of it. A link not yet measured counts as good. */
export function callGrade(voice: VoiceState, measured: readonly (Quality | undefined)[]): Grade {
  if (voice !== 'connected') return voice === 'interrupted' ? 'poor' : 'none'
  const grades = measured.map(gradeOf)
  if (grades.includes('poor')) return 'poor'
  return grades.includes('fair') ? 'fair' : 'good'
}
