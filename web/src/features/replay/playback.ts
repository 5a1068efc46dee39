// Playing one recording: fetches it, and keeps board, voices and the page's numbers on one clock.
import { onBeforeUnmount, onMounted, ref, shallowRef, triggerRef } from 'vue'
import { ApiError } from '@/net/http'
import type { RecordingDetail } from '@/net/types'
import { api } from './api'
import { PlaybackClock, SPEEDS } from './clock'
import { Replay } from './replay'
import { Voices } from './voices'

export type Playback = ReturnType<typeof usePlayback>

export function usePlayback(session: string) {
  const detail = shallowRef<RecordingDetail | null>(null)
  const replay = shallowRef<Replay | null>(null)
  const voices = shallowRef<Voices | null>(null)
  const trouble = ref<'failed' | 'missing' | null>(null)
  /** Where the replay is, ms, and how often the room it shows has changed. */
  const at = ref(0)
  const version = ref(0)
  const playing = ref(false)
  const speed = ref(1)
  let clock: PlaybackClock | null = null
  let frame = 0
  let gone = false

  async function load(): Promise<void> {
    trouble.value = null
    close()
    try {
      const [row, recorded] = await Promise.all([
        api.recording(session),
        api.recordedEvents(session),
      ])
      if (gone) return
      detail.value = row
      const made = new Replay(recorded.events, recorded.duration_ms)
      replay.value = made
      clock = new PlaybackClock(made.durationMs)
      clock.setSpeed(speed.value)
      voices.value = new Voices(session, clock)
      if (recorded.voices.length === 0) voices.value.none()
      else void voices.value.load()
      show()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      trouble.value = error.status === 404 ? 'missing' : 'failed'
    }
  }

  function close(): void {
    cancelAnimationFrame(frame)
    voices.value?.close()
    voices.value = null
    playing.value = false
  }

  onMounted(() => void load())
  onBeforeUnmount(() => {
    gone = true
    close()
  })

  /** Bring the room to where the clock is. */
  function show(): void {
    const made = replay.value
    if (!made || !clock) return
    const before = made.folded
    const replaced = made.seek(clock.now())
    at.value = made.moment.at
    playing.value = clock.playing
    if (replaced || made.folded !== before) version.value += 1
    if (replaced) triggerRef(replay)
  }

  function run(): void {
    show()
    if (playing.value) frame = requestAnimationFrame(run)
  }

  function toggle(): void {
    if (!clock) return
    voices.value?.wake()
    if (clock.playing) clock.pause()
    else clock.play()
    cancelAnimationFrame(frame)
    run()
  }

  function seek(target: number): void {
    clock?.seek(target)
    show()
  }

  function setSpeed(next: number): void {
    speed.value = next
    clock?.setSpeed(next)
  }

  function stepSpeed(by: 1 | -1): void {
    const index = SPEEDS.findIndex((one) => one === speed.value) + by
    const next = SPEEDS[index]
    if (next) setSpeed(next)
  }

  return {
    ...{ detail, replay, voices, trouble, at, version, playing, speed },
    ...{ load, toggle, seek, setSpeed, stepSpeed },
  }
}
