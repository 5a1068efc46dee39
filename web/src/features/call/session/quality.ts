// How good the call is, in one word, from what the server measured of both voices.
import type { Quality } from '@/wire/messages'
import type { VoiceState } from '@/net/types'

export type Grade = 'good' | 'fair' | 'poor' | 'none'

/** Opus with its own error correction hides about 5 % loss; past 12 % words are missing. */
export function gradeOf(voice: VoiceState, measured: (Quality | undefined)[]): Grade {
  if (voice !== 'connected') return voice === 'interrupted' ? 'poor' : 'none'
  const known = measured.filter((quality) => quality !== undefined)
  const loss = Math.max(0, ...known.map((quality) => quality.loss))
  const trip = Math.max(0, ...known.map((quality) => quality.rtt_ms))
  if (loss > 0.12 || trip > 600) return 'poor'
  if (loss > 0.04 || trip > 300) return 'fair'
  return 'good'
}
