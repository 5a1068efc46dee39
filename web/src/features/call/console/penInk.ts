// Whether a member's pen writes: a mark that changes with every point of it. Pure.
import type { Board } from '@/wire/messages'

/** Ink of `member` that was not drawn by hand on this page (`ownSource`) and is still growing. */
export function penInk(board: Board, member: string | null, ownSource: string | null): string {
  let strokes = 0
  let growing = 0
  for (const stroke of Object.values(board.strokes)) {
    if (stroke.member !== member || stroke.source === ownSource) continue
    strokes += 1
    if (!stroke.ended) growing += stroke.points.length
  }
  return `${strokes}:${growing}`
}
