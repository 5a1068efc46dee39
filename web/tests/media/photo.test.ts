// A photo from a camera before it is sent: made smaller when that helps, itself otherwise.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { shrink } from '@/media/photo'

interface Drawn {
  width: number
  height: number
  white: boolean
}
let drawn: Drawn[]
let outcome: Blob | null

function file(bytes: number, type = 'image/jpeg'): Blob {
  return new Blob([new Uint8Array(bytes)], { type })
}
function picture(width: number, height: number) {
  const bitmap = { width, height, close: vi.fn() }
  vi.stubGlobal('createImageBitmap', async (_: Blob, how: ImageBitmapOptions) => {
    expect(how.imageOrientation).toBe('from-image')
    return bitmap
  })
  return bitmap
}

beforeEach(() => {
  drawn = []
  outcome = file(400_000)
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation((() => {
    let white = false
    const context = {
      fillStyle: '',
      fillRect: () => (white = context.fillStyle === '#ffffff'),
      drawImage: (_: unknown, __: number, ___: number, width: number, height: number) =>
        drawn.push({ width, height, white }),
    }
    return context
  }) as never)
  vi.spyOn(HTMLCanvasElement.prototype, 'toBlob').mockImplementation((done) => done(outcome))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('shrink', () => {
  it('leaves a small file as it is', async () => {
    const small = file(1_500_000)
    expect(await shrink(small)).toBe(small)
    expect(drawn).toEqual([])
  })

  it.each([
    [5120, 3840, 2560, 1920],
    [3000, 6000, 1280, 2560],
    [20_000, 2, 2560, 1],
    [1000, 800, 1000, 800],
  ])('%i x %i is sent as %i x %i on white', async (width, height, to, high) => {
    const bitmap = picture(width, height)
    expect(await shrink(file(4_000_000))).toBe(outcome)
    expect(drawn).toEqual([{ width: to, height: high, white: true }])
    expect(bitmap.close).toHaveBeenCalled()
  })

  it('sends the file itself when this browser cannot read it', async () => {
    vi.stubGlobal('createImageBitmap', () => Promise.reject(new DOMException('heic')))
    const heic = file(4_000_000, 'image/heic')
    expect(await shrink(heic)).toBe(heic)
  })

  it('sends the file itself when the smaller one is not smaller, or none came', async () => {
    picture(4000, 3000)
    const whole = file(2_000_000)
    outcome = file(2_000_001)
    expect(await shrink(whole)).toBe(whole)
    outcome = null
    expect(await shrink(whole)).toBe(whole)
  })
})
