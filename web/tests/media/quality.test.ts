// One rule of call quality: the figures' edges, and the call as good as its worst voice.
// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { BARS, callGrade, gradeOf } from '@/media/quality'
import type { Quality } from '@/wire/messages'

function measured(more: Partial<Quality> = {}): Quality {
  const figures = { loss: 0, rtt_ms: 40, jitter_ms: 5, level: -30 }
  return { type: 'quality', member: 'stu', voice: 'connected', ...figures, ...more }
}

describe('gradeOf', () => {
  it.each([
    [{}, 'good'],
    [{ loss: 0.03 }, 'good'],
    [{ loss: 0.031 }, 'fair'],
    [{ loss: 0.1 }, 'fair'],
    [{ loss: 0.101 }, 'poor'],
    [{ rtt_ms: 300 }, 'good'],
    [{ rtt_ms: 301 }, 'fair'],
    [{ rtt_ms: 600 }, 'fair'],
    [{ rtt_ms: 601 }, 'poor'],
    [{ jitter_ms: 60 }, 'good'],
    [{ jitter_ms: 61 }, 'fair'],
    [{ voice: 'new' }, 'none'],
    [{ voice: 'connecting' }, 'none'],
    [{ voice: 'interrupted' }, 'poor'],
    [{ voice: 'closed' }, 'poor'],
  ] as const)('%o is %s', (more, grade) => {
    expect(gradeOf(measured(more))).toBe(grade)
  })

  it('nothing measured is no grade', () => expect(gradeOf(undefined)).toBe('none'))
})

describe('callGrade', () => {
  it('follows this page’s own voice before any figure', () => {
    expect(callGrade('interrupted', [measured()])).toBe('poor')
    for (const state of ['idle', 'connecting', 'closed'] as const) {
      expect(callGrade(state, [measured()])).toBe('none')
    }
  })

  it('is as good as the worst voice', () => {
    expect(callGrade('connected', [undefined, undefined])).toBe('good')
    expect(callGrade('connected', [measured(), measured({ loss: 0.05 })])).toBe('fair')
    expect(callGrade('connected', [measured({ loss: 0.05 }), measured({ loss: 0.2 })])).toBe('poor')
  })

  it('a better call has more bars', () => {
    expect(BARS.good > BARS.fair && BARS.fair > BARS.poor && BARS.poor > BARS.none).toBe(true)
  })
})
