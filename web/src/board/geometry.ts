// Where a page lies on the screen: fitting, zooming, and page units to pixels and back. Pure.

/** CSS pixels per board unit, and where the page's top left corner is, in CSS pixels. */
export interface View {
  scale: number
  x: number
  y: number
}
export interface Size {
  width: number
  height: number
}
export type Fit = 'page' | 'width'

const MARGIN_PX = 12
/** A page fitted by its width grows no wider than this: lines longer than that are hard to read. */
const WIDEST_PX = 900
export const MAX_ZOOM = 8

/** The whole page, or its whole width from the top. */
export function fit(page: Size, screen: Size, how: Fit = 'page'): View {
  const wide = Math.max(1, screen.width - 2 * MARGIN_PX)
  const high = Math.max(1, screen.height - 2 * MARGIN_PX)
  const whole = Math.min(wide / page.width, high / page.height)
  const scale = how === 'page' ? whole : Math.max(whole, Math.min(wide, WIDEST_PX) / page.width)
  const x = (screen.width - page.width * scale) / 2
  const free = screen.height - page.height * scale
  return { scale, x, y: free > 0 ? free / 2 : MARGIN_PX }
}

/** On a low screen (a phone on its side) a whole upright page would be a stamp. */
export function bestFit(page: Size, screen: Size): Fit {
  const whole = fit(page, screen)
  return page.width * whole.scale < 0.55 * screen.width && screen.height < 560 ? 'width' : 'page'
}

export function toPage(view: View, x: number, y: number): [x: number, y: number] {
  return [(x - view.x) / view.scale, (y - view.y) / view.scale]
}

export function toScreen(view: View, x: number, y: number): [x: number, y: number] {
  return [x * view.scale + view.x, y * view.scale + view.y]
}

/** Zoom so that what is under `(x, y)` stays there. */
export function zoomAt(view: View, factor: number, x: number, y: number, smallest: number): View {
  const scale = Math.min(smallest * MAX_ZOOM, Math.max(smallest * 0.5, view.scale * factor))
  const real = scale / view.scale
  return { scale, x: x - (x - view.x) * real, y: y - (y - view.y) * real }
}

/** Keep a good part of the page on the screen. */
export function keepInSight(view: View, page: Size, screen: Size): View {
  const axis = (at: number, length: number, room: number) => {
    const keep = Math.min(length, room) * 0.5
    return Math.min(room - keep, Math.max(keep - length, at))
  }
  return {
    scale: view.scale,
    x: axis(view.x, page.width * view.scale, screen.width),
    y: axis(view.y, page.height * view.scale, screen.height),
  }
}

/**
 * Move the view so that a point of the page is well inside the screen, above the `cover` pixels that tools lie
 * over; the same view if it is. A page that is in sight from edge to edge, or ends there, stays: ink near its
 * margin must not push the rest away. `air` is how well inside, 1 for a finger's breadth.
 */
export function follow(
  view: View,
  page: Size,
  screen: Size,
  x: number,
  y: number,
  cover = 0,
  air = 1,
): View {
  const free = screen.height - Math.min(cover, screen.height / 2)
  const pad = Math.min(40, screen.width / 6, free / 6) * air
  const axis = (at: number, length: number, room: number, point: number) => {
    const low = point < pad - at && at < 0
    const high = point > room - pad - at && at + length > room
    if (!low && !high) return at
    if (length + 2 * MARGIN_PX <= room) return (room - length) / 2
    return Math.min(MARGIN_PX, Math.max(room - length - MARGIN_PX, room / 2 - point))
  }
  const { scale } = view
  const next = {
    scale,
    x: axis(view.x, page.width * scale, screen.width, x * scale),
    y: axis(view.y, page.height * scale, free, y * scale),
  }
  return next.x === view.x && next.y === view.y ? view : next
}
