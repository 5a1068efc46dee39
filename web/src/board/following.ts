// Where the view goes after the other side's ink, and how it comes back. Pure.
import { follow, type Size, type View } from './geometry'

/** A page that was whole on the screen is so again when nobody has written for so long. */
export const BACK_MS = 4_000
/** Back only for ink well inside of the old view, or letters on its brink would throw it to and fro. */
const AIR_BACK = 2.5

export interface Place {
  page: Size
  screen: Size
  /** CSS pixels at the bottom that tools lie over. */
  cover: number
}

export class Following {
  /** The view before it went after ink. */
  private home: View | null = null
  private wroteAt = 0

  /** The view when ink grows at a point of the page. */
  ink(view: View, at: Place, [x, y]: readonly [number, number, ...unknown[]], now: number): View {
    const { page, screen, cover } = at
    this.wroteAt = now
    const { home } = this
    if (home && follow(home, page, screen, x, y, cover, AIR_BACK) === home) {
      this.home = null
      return home
    }
    const next = follow(view, page, screen, x, y, cover)
    if (next !== view) this.home ??= view
    return next
  }

  /** The view to go back to now, if there is one. */
  rested({ page, screen }: Place, now: number): View | null {
    const { home } = this
    if (!home || now - this.wroteAt < BACK_MS || !whole(home, page, screen)) return null
    this.home = null
    return home
  }

  /** Somebody chose another view. */
  forget(): void {
    this.home = null
  }
}

function whole(view: View, page: Size, screen: Size): boolean {
  const { scale, x, y } = view
  const within = x >= 0 && y >= 0
  return (
    within && x + page.width * scale <= screen.width && y + page.height * scale <= screen.height
  )
}
