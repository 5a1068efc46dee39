// Times as people read them: what has passed is cut, what is left is rounded up.
// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { bytesText, clockText, minutesSeconds, sameDay } from '@/ui/moments'

describe('times', () => {
  it.each([
    [0, '0:00', '0:00'],
    [-5_000, '0:00', '0:00'],
    [1, '0:00', '0:01'],
    [65_000, '1:05', '1:05'],
    [59_001, '0:59', '1:00'],
    [3_599_500, '59:59', '1:00:00'],
    [3_665_000, '1:01:05', '1:01:05'],
  ])('%i ms passed is %s, left is %s', (ms, passed, left) => {
    expect(clockText(ms)).toBe(passed)
    expect(minutesSeconds(ms)).toBe(left)
  })

  it('knows the same day', () => {
    const noon = new Date(2026, 2, 1, 12).getTime()
    expect(sameDay(noon, noon + 3_600_000)).toBe(true)
    expect(sameDay(noon, noon + 24 * 3_600_000)).toBe(false)
  })
})

it.each([
  [1023, '1023 B'],
  [1024, '1 KB'],
  [1_572_864, '1.5 MB'],
])('%i bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text))
