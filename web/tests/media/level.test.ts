// How loud samples read on a level bar.
import { expect, it } from 'vitest'
import { levelOf } from '@/media/level'

const tone = (amplitude: number) =>
  Float32Array.from({ length: 1024 }, (_, n) => amplitude * Math.sin(n / 3))

it('silence is nothing, speech is in between, shouting is full', () => {
  expect(levelOf(new Float32Array(1024))).toBe(0)
  expect(levelOf(tone(0.0005))).toBe(0)
  expect(levelOf(tone(0.05))).toBeGreaterThan(0.3)
  expect(levelOf(tone(0.05))).toBeLessThan(0.9)
  expect(levelOf(tone(1))).toBe(1)
})
