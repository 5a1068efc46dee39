// Which strokes of a page will most likely not change any more, and when to look again. Pure.
import type { Stroke } from '@/wire/messages'

/** An unended stroke that stands still this long counts as settled (its author may be gone). */
const STALE_MS = 3_000

export class Settling {
  private readonly seen = new Map<string, { count: number; at: number }>()

  /** How many of the first strokes are settled, and in how many ms the next one may be. */
  look(strokes: readonly Stroke[], now: number): { settled: number; waitMs: number | null } {
    for (const [index, stroke] of strokes.entries()) {
      if (stroke.ended) continue
      const known = this.seen.get(stroke.stroke)
      if (!known || known.count !== stroke.points.length) {
        this.seen.set(stroke.stroke, { count: stroke.points.length, at: now })
        return { settled: index, waitMs: STALE_MS }
      }
      if (now - known.at < STALE_MS) {
        return { settled: index, waitMs: STALE_MS - (now - known.at) }
      }
    }
    return { settled: strokes.length, waitMs: null }
  }

  /** Whether it has grown since the last look. */
  grows(stroke: Stroke): boolean {
    return this.seen.get(stroke.stroke)?.count !== stroke.points.length
  }

  clear(): void {
    this.seen.clear()
  }
}
