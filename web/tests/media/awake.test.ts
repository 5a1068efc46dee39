// The screen stays on from the start of a call to its end, and no longer.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Awake } from '@/media/awake'
import { calm, useFakeMedia } from '../fakes/media'

let lock: ReturnType<typeof useFakeMedia>['wakeLock']
let visible: DocumentVisibilityState

function turn(to: DocumentVisibilityState) {
  visible = to
  document.dispatchEvent(new Event('visibilitychange'))
}

beforeEach(() => {
  lock = useFakeMedia().wakeLock
  visible = 'visible'
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visible)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

it('holds the lock while it is on', async () => {
  const awake = new Awake()
  await calm()
  expect(lock.held).toBe(0)
  awake.on()
  await calm()
  expect(lock.held).toBe(1)
  awake.off()
  await calm()
  expect(lock.held).toBe(0)
})

it('takes the lock again when the page is seen again, and only then', async () => {
  const awake = new Awake()
  awake.on()
  await calm()
  lock.held = 0 // the browser took it back
  turn('hidden')
  await calm()
  expect(lock.held).toBe(0)
  turn('visible')
  await calm()
  expect(lock.held).toBe(1)
  awake.off()
  await calm()
  turn('visible')
  await calm()
  expect(lock.held).toBe(0)
})

it('a lock that comes after the call is over is let go', async () => {
  const awake = new Awake()
  awake.on()
  awake.off()
  await calm()
  expect(lock.held).toBe(0)
})

it('does without where the phone refuses', async () => {
  lock.refused = true
  const awake = new Awake()
  awake.on()
  await calm()
  awake.off()
  await calm()
  expect(lock.held).toBe(0)
})
