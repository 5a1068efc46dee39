// What a tab may ask of its room: ink, pages, words, rights, leaving.
import { PAPER_HEIGHT } from '@/wire/messages'
import type { Wanted } from '../operations'
import type { Room } from '../types'
import type { RoomLink } from './link'
import type { RoomState } from './state'

export type Actions = Pick<
  Room,
  | 'may'
  | 'beginStroke'
  | 'addPoints'
  | 'endStroke'
  | 'undo'
  | 'canUndo'
  | 'addPage'
  | 'turnPage'
  | 'clearPage'
  | 'say'
  | 'setMuted'
  | 'setPermissions'
  | 'pointAt'
  | 'end'
  | 'leave'
  | 'uploadPhoto'
  | 'loadPhoto'
>

const LONGEST_LINE = 2000
const SMALLEST_SIDE = 1_000

export interface Means {
  state: RoomState
  link: Pick<RoomLink, 'operate' | 'send' | 'sendLatest' | 'full'>
  source: string
  /** Unix ms; makes the ids of strokes and pages differ from those of an earlier life of the tab. */
  now: () => number
  setMuted: (muted: boolean) => void
  leave: () => void
  /** Make a photo small and give it to the server. */
  upload: (
    file: Blob,
    progress?: (share: number) => void,
  ) => Promise<{ photo: string; width: number; height: number }>
  loadPhoto: (photo: string) => Promise<ImageBitmap>
}

export function makeActions(means: Means): Actions {
  const { state, link, source } = means
  let strokes = 0

  function operate(wanted: Wanted): void {
    if (!state.facts.ended) link.operate(wanted)
  }
  const stamp = () => means.now().toString(36)

  const actions: Actions = {
    may: (permission) => state.may(permission),
    ...inkActions(),
    addPage(kind, width, height, photo) {
      const page = `${source}-${stamp()}`
      operate({ type: 'add_page', page, kind, width, height, ...(photo ? { photo } : {}) })
      return page
    },
    turnPage(page) {
      if (page !== state.facts.board.open_page) operate({ type: 'turn_page', page })
    },
    clearPage: (page) => operate({ type: 'clear_page', page }),
    say(text) {
      const trimmed = text.trim().slice(0, LONGEST_LINE)
      if (trimmed) operate({ type: 'say', text: trimmed })
    },
    setMuted(muted) {
      means.setMuted(muted)
      operate({ type: 'set_muted', muted })
    },
    setPermissions: (member, permissions) =>
      operate({ type: 'set_permissions', member, permissions }),
    pointAt: (page, x, y, visible) =>
      link.sendLatest({ type: 'point_at', page, x: Math.round(x), y: Math.round(y), visible }),
    end: () => operate({ type: 'end_session' }),
    leave() {
      link.send({ type: 'leave' })
      means.leave()
    },
    async uploadPhoto(file, progress) {
      const { photo, width, height } = await means.upload(file, progress)
      const scale = PAPER_HEIGHT / Math.max(width, height)
      const side = (pixels: number) => Math.max(SMALLEST_SIDE, Math.round(pixels * scale))
      actions.addPage('photo', side(width), side(height), photo)
    },
    loadPhoto: (photo) => means.loadPhoto(photo),
  }
  return actions

  function inkActions(): Pick<
    Actions,
    'beginStroke' | 'addPoints' | 'endStroke' | 'undo' | 'canUndo'
  > {
    return {
      beginStroke(page, points, style) {
        const { joined, you } = state.facts
        if (!joined || !you || link.full || !state.may('draw')) return null
        strokes += 1
        const stroke = `${source}.${stamp()}-${strokes}`
        state.begin(stroke, page, points, style)
        operate({ type: 'stroke_begin', stroke, page, ...style, points })
        return stroke
      },
      addPoints(stroke, points) {
        if (state.add(stroke, points)) operate({ type: 'stroke_points', stroke, points })
      },
      endStroke(stroke) {
        if (state.end(stroke)) operate({ type: 'stroke_end', stroke })
      },
      undo(stroke) {
        const target = stroke ?? state.lastOwn()
        if (!target) return
        state.undo(target)
        operate({ type: 'undo_stroke', stroke: target })
      },
      // The version is read so that a page's computed notices the board's changes.
      canUndo: () => state.facts.version >= 0 && state.may('draw') && state.lastOwn() !== null,
    }
  }
}

/** Each photo is fetched once; one that failed is asked for again. */
export function photoStore(fetch: (photo: string) => Promise<ImageBitmap>) {
  const photos = new Map<string, Promise<ImageBitmap>>()
  return {
    load(photo: string): Promise<ImageBitmap> {
      let loading = photos.get(photo)
      if (!loading) {
        loading = fetch(photo)
        photos.set(photo, loading)
        loading.catch(() => photos.delete(photo))
      }
      return loading
    },
    clear: () => photos.clear(),
  }
}
