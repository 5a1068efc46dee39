// The icon as pictures: `public/icon.svg` drawn at a size, for systems that take no SVG. No file of them is kept.
import { readFileSync } from 'node:fs'
import { crc32, deflateSync } from 'node:zlib'
import type { Plugin } from 'vite'

type Colour = readonly [number, number, number]
type Point = readonly [number, number]

/** The sign's line and dot on its ground, in the units of the drawing, which is `size` square. */
interface Drawing {
  size: number
  ground: { colour: Colour; corner: number }
  line: { colour: Colour; width: number; points: Point[] }
  dot: { colour: Colour; at: Point; radius: number }
}

/** Pieces of a curve; at 512 pixels none is longer than two. */
const PIECES = 160

const SIGN =
  /^<svg [^>]*viewBox="0 0 (?<size>\d+) \k<size>"><rect width="\k<size>" height="\k<size>" rx="(?<corner>[\d.]+)" fill="(?<ground>#\w+)"\/><path d="M(?<start>[-\d .]+)c(?<curves>[-\d .]+)" fill="none" stroke="(?<line>#\w+)" stroke-width="(?<width>[\d.]+)" stroke-linecap="round" stroke-linejoin="round"\/><circle cx="(?<x>[\d.]+)" cy="(?<y>[\d.]+)" r="(?<radius>[\d.]+)" fill="(?<dot>#\w+)"\/><\/svg>\s*$/

function colour(hex: string): Colour {
  const full =
    hex.length === 4 ? [...hex.slice(1)].flatMap((digit) => [digit, digit]) : hex.slice(1)
  const value = parseInt([...full].join(''), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

const numbers = (text: string) => (text.match(/-?\d*\.?\d+/g) ?? []).map(Number)

/** Bézier curves, each relative to where the one before ended, as a line of short pieces. */
function flattened(start: number[], curves: number[]): Point[] {
  let [x, y] = start as [number, number]
  const points: Point[] = [[x, y]]
  for (let at = 0; at < curves.length; at += 6) {
    const [ax, ay, bx, by, cx, cy] = curves.slice(at, at + 6) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    for (let piece = 1; piece <= PIECES; piece += 1) {
      const t = piece / PIECES
      const [a, b, c] = [3 * t * (1 - t) ** 2, 3 * t ** 2 * (1 - t), t ** 3]
      points.push([x + a * ax + b * bx + c * cx, y + a * ay + b * by + c * cy])
    }
    x += cx
    y += cy
  }
  return points
}

/** Reads a drawing of exactly this form; another one must be drawn by more than this file. */
export function read(svg: string): Drawing {
  const found = SIGN.exec(svg)?.groups
  if (!found)
    throw new Error('public/icon.svg is no rect, path and circle as scripts/icon.ts draws')
  return {
    size: Number(found.size),
    ground: { colour: colour(found.ground!), corner: Number(found.corner) },
    line: {
      colour: colour(found.line!),
      width: Number(found.width),
      points: flattened(numbers(found.start!), numbers(found.curves!)),
    },
    dot: {
      colour: colour(found.dot!),
      at: [Number(found.x), Number(found.y)],
      radius: Number(found.radius),
    },
  }
}

/** `full`: the ground goes to the edges and the sign is smaller, since the system cuts a shape out of it. */
export function png(drawing: Drawing, pixels: number, full: boolean): Buffer {
  const { size, ground, line, dot } = drawing
  const scale = (size / pixels) * (full ? 1.2 : 1)
  const middle = size / 2
  const row = 1 + pixels * 4
  const raw = Buffer.alloc(row * pixels)
  for (let y = 0; y < pixels; y += 1) {
    for (let x = 0; x < pixels; x += 1) {
      const at: Point = [
        middle + (x + 0.5 - pixels / 2) * scale,
        middle + (y + 0.5 - pixels / 2) * scale,
      ]
      /** How much of the pixel lies within an edge that is so far away (minus: inside). */
      const share = (distance: number) => Math.min(1, Math.max(0, 0.5 - distance / scale))
      const line_ = share(toLine(at, line.points) - line.width / 2)
      const dot_ = share(Math.hypot(at[0] - dot.at[0], at[1] - dot.at[1]) - dot.radius)
      const alpha = full ? 1 : share(toSquare(at, middle, ground.corner))
      const to = y * row + 1 + x * 4
      for (let channel = 0; channel < 3; channel += 1) {
        const below = mix(ground.colour[channel]!, line.colour[channel]!, line_)
        raw[to + channel] = Math.round(mix(below, dot.colour[channel]!, dot_))
      }
      raw[to + 3] = Math.round(alpha * 255)
    }
  }
  return written(pixels, raw)
}

const mix = (from: number, to: number, share: number) => from + (to - from) * share

function toLine([x, y]: Point, points: Point[]): number {
  let nearest = Infinity
  for (const [px, py] of points) nearest = Math.min(nearest, (x - px) ** 2 + (y - py) ** 2)
  return Math.sqrt(nearest)
}

/** Distance to a square with round corners around the middle; minus inside. */
function toSquare([x, y]: Point, middle: number, corner: number): number {
  const dx = Math.abs(x - middle) - middle + corner
  const dy = Math.abs(y - middle) - middle + corner
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - corner
}

/** A PNG of eight bits a channel (PNG specification, sections 5 and 11). */
function written(pixels: number, raw: Buffer): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(pixels, 0)
  head.writeUInt32BE(pixels, 4)
  head.set([8, 6, 0, 0, 0], 8)
  const chunk = (kind: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(kind, 'latin1'), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(raw, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** The pictures of a build; those for iOS and `maskable` ones have no transparent corners. */
export const PICTURES = [
  { name: 'icon-192.png', pixels: 192, full: false },
  { name: 'icon-512.png', pixels: 512, full: false },
  { name: 'icon-full-512.png', pixels: 512, full: true },
  { name: 'apple-touch-icon.png', pixels: 180, full: true },
] as const

export function icons(svg: string): Plugin {
  return {
    name: 'icons',
    apply: 'build',
    generateBundle() {
      const drawing = read(readFileSync(svg, 'utf8'))
      for (const { name, pixels, full } of PICTURES)
        this.emitFile({ type: 'asset', fileName: name, source: png(drawing, pixels, full) })
    },
  }
}
