// Turning between two pages: what the screen then shows is the second, whatever the first was.
import { describe, expect, it } from 'vitest'
import type { Call } from '../fakes/canvas'
import type { Page, Stroke } from '@/wire/messages'
import { board, page, stroke } from '../fakes/board'
import { cache, clear, frame, photosFrom, renderer, screen, show } from '../fakes/renderer'

const SIZE = { width: 500, height: 500 }

/** One of each kind, and a second of it that is as large. */
const pages: Page[] = [
  page('blank'),
  page('blank too'),
  page('paper', { kind: 'paper', paper: '1.2.3.4' }),
  page('paper too', { kind: 'paper', paper: '1.2.3.5' }),
  page('photo', { kind: 'photo', photo: 'f_1' }),
  page('photo too', { kind: 'photo', photo: 'f_2' }),
]
const written: Record<string, Stroke[]> = {
  none: [],
  some: pages.map((one, n) => stroke(`w.${n}`, { page: one.page, colour: `#00000${n}` })),
}

/** What lies in the cached bitmap since it was last wiped, which is what the screen gets. */
function lies(): Call[] {
  const wiped = cache.calls.findLastIndex(
    (call) => call.do === 'fillRect' && call.on.right - call.on.left === SIZE.width,
  )
  return cache.calls.slice(wiped)
}

async function come() {
  for (let n = 0; n < 4; n += 1) await Promise.resolve()
  frame()
}

/** What each page looks like when it is the only one ever shown. */
async function alone(shown: ReturnType<typeof board>, name: string) {
  show(shown, { page: null })
  frame()
  clear()
  show(shown, { page: name })
  frame()
  await come()
  return lies()
}

const pairs = pages.flatMap((from) =>
  pages.filter((to) => to !== from).map((to) => [from.page, to.page] as const),
)

describe.each(Object.keys(written))('with %s ink', (ink) => {
  it.each(pairs)('from %s to %s', async (from, to) => {
    photosFrom((photo) => Promise.resolve({ ...SIZE, name: photo } as unknown as ImageBitmap))
    renderer.resize(SIZE.width, SIZE.height, 1)
    const shown = board(pages, written[ink])
    // Both photos are there already, so that no arrival wipes the bitmap.
    await alone(shown, from)
    await alone(shown, to)
    renderer.resize(SIZE.width, SIZE.height, 1)
    show(shown, { page: from })
    frame()
    const before = lies()
    show(shown, { page: to })
    frame()
    const turned = lies()
    renderer.resize(SIZE.width, SIZE.height, 1)
    expect(turned).toEqual(lies())
    if (ink === 'some' || !from.startsWith(to.split(' ')[0]!)) expect(turned).not.toEqual(before)
    const whole = { left: 0, top: 0, right: SIZE.width, bottom: SIZE.height }
    expect(screen.of('picture').at(-1)!.on).toEqual(whole)
  })
})

it('in the middle of a pinch shows the new page, not the old one stretched', () => {
  renderer.resize(SIZE.width, SIZE.height, 1)
  const many = (on: string, colour: string) =>
    Array.from({ length: 150 }, (_, n) => stroke(`${on}.${n}`, { page: on, colour }))
  const shown = board([page('a'), page('b')], [...many('a', '#aa0000'), ...many('b', '#0000bb')])
  show(shown, { page: 'a' })
  frame()
  renderer.gesture(true)
  renderer.zoom(2)
  frame()
  clear()
  show(shown, { page: 'b' })
  frame()
  expect(new Set(cache.ink())).toEqual(new Set(['#0000bb']))
})

it('a larger sheet in the place of a page is seen whole', () => {
  renderer.resize(SIZE.width, SIZE.height, 1)
  show(board([page('a')]), { page: 'a' })
  frame()
  show(board([page('a', { kind: 'paper', paper: '1.2.3.4', width: 20_000, height: 20_000 })]))
  frame()
  expect(renderer.view.scale * 20_000).toBeLessThanOrEqual(SIZE.width)
})
