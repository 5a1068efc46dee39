// The icon's pictures, drawn from the SVG: size, corners, ground, line and dot; and a drawing that changed.
// @vitest-environment node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { PICTURES, png, read } from '../../scripts/icon'

const SVG = readFileSync(join(import.meta.dirname, '../../public/icon.svg'), 'utf8')
const GROUND = [0x0f, 0x5f, 0x5c, 255]
const LINE = [255, 255, 255, 255]
const DOT = [0xf6, 0xb2, 0x6b, 255]

/** What the file says of itself, and its pixels. */
function decoded(file: Buffer) {
  expect(file.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at)
    const body = file.subarray(at + 4, at + 8 + length)
    expect(file.readUInt32BE(at + 8 + length)).toBe(crc32(body))
    chunks.set(body.subarray(0, 4).toString('latin1'), body.subarray(4))
    at += 12 + length
  }
  const width = chunks.get('IHDR')!.readUInt32BE(0)
  const raw = inflateSync(chunks.get('IDAT')!)
  expect(raw.length).toBe(width * (1 + 4 * width))
  /** The colour at a place of the drawing, which is 64 wide. */
  const at = (x: number, y: number) => {
    const [column, row] = [Math.floor((x / 64) * width), Math.floor((y / 64) * width)]
    const from = row * (1 + 4 * width) + 1 + 4 * column
    return [...raw.subarray(from, from + 4)]
  }
  return { width, at }
}

describe.each(PICTURES)('$name', ({ pixels, full }) => {
  const picture = decoded(png(read(SVG), pixels, full))

  it('has its size and the colours of the drawing', () => {
    expect(picture.width).toBe(pixels)
    // Towards the middle by as much as the sign is smaller.
    const place = (x: number) => (full ? 32 + (x - 32) / 1.2 : x)
    expect(picture.at(place(48), place(18))).toEqual(DOT)
    expect(picture.at(place(16.5), place(43.5))).toEqual(LINE)
    // Where the third curve ends.
    expect(picture.at(place(29), place(42))).toEqual(LINE)
    expect(picture.at(place(12), place(12))).toEqual(GROUND)
  })

  it(full ? 'goes to the edges' : 'has round corners', () => {
    expect(picture.at(0, 0)[3]).toBe(full ? 255 : 0)
    expect(picture.at(32, 0.5)).toEqual(GROUND)
  })
})

it('a drawing it cannot draw stops the build', () => {
  expect(() => read(SVG.replace('<circle', '<ellipse'))).toThrow('icon.svg')
})
