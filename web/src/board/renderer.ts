// Draws the board once a frame: what is settled comes from a cached bitmap, only live ink is redrawn.
//
// Ink is always laid down in the order strokes began, live or replayed, so the pixels depend on
// the board, the view and the canvas size alone.
import type { Board, Page, Stroke } from '@/wire/messages'
import { bestFit, fit, keepInSight, zoomAt, type Fit, type Size, type View } from './geometry'
import { BACK_MS, Following, type Place } from './following'
import { PagePhotos, type PhotoState } from './pagePhotos'
import { paintDesk, paintSheet, paintStroke, shapeOf } from './paint'
import { Settling } from './settling'
import { union, type Box } from './shape'

/** With this many strokes a page is drawn crisp in every frame of a pinch; above, afterwards. */
const CRISP_STROKES = 120
/** After the user moved the page, it does not run after the other's ink for a while. */
const FOLLOW_AFTER_MS = 4_000
const MAX_RATIO = 3

export interface Source {
  board: Board
  overlay: Record<string, Stroke>
  hidden: ReadonlySet<string>
  page: string | null
}

export interface RendererOptions {
  loadPhoto: (photo: string) => Promise<ImageBitmap>
  /** performance.timeOrigin based ms at which new points were painted. */
  painted: (at: number) => void
  photoState: (state: PhotoState) => void
  /** The view changed: things that lie above the canvas have to move. */
  moved: (view: View) => void
}

interface Cached {
  stroke: string
  count: number
  ended: boolean
}

export class BoardRenderer {
  view: View = { scale: 0.02, x: 0, y: 0 }
  /** Set by `fitPage`; a gesture unsets it. */
  fitted: Fit | null = 'page'
  /** CSS pixels at the bottom that the line being written stays clear of. */
  cover = 0
  private readonly context: CanvasRenderingContext2D
  private readonly cache = document.createElement('canvas')
  private readonly cacheContext: CanvasRenderingContext2D
  /** CSS pixels at the bottom that something else covers: a fitted page stays clear of them. */
  private floor = 0
  private size: Size = { width: 1, height: 1 }
  private ratio = 1
  private source: Source | null = null
  private page: Page | null = null
  private cached: Cached[] = []
  private cacheView: View | null = null
  /** The page in the cached bitmap: two of one size share a view. */
  private cachePage: Page | null = null
  private liveBox: Box | null = null
  private readonly settling = new Settling()
  private readonly following = new Following()
  private readonly photos: PagePhotos
  private frame = 0
  private full = true
  private gesturing = false
  private points = 0
  private touchedAt = -FOLLOW_AFTER_MS
  private staleTimer: ReturnType<typeof setTimeout> | undefined
  private backTimer: ReturnType<typeof setTimeout> | undefined
  private gone = false

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly options: RendererOptions,
  ) {
    this.context = canvas.getContext('2d', { alpha: false })!
    this.cacheContext = this.cache.getContext('2d', { alpha: false })!
    this.photos = new PagePhotos(options.loadPhoto, (photo) => this.photoCame(photo))
  }

  get openPage(): Page | null {
    return this.page
  }

  show(source: Source): void {
    this.source = source
    const page = source.board.pages.find((known) => known.page === source.page) ?? null
    if (!sameSheet(page, this.page)) {
      this.page = page
      this.points = -1
      this.settling.clear()
      if (page) this.fitPage(bestFit(page, this.size))
      this.photo()
    }
    this.page = page
    this.request()
  }

  resize(width: number, height: number, ratio: number, floor = 0): void {
    this.floor = floor
    this.following.forget()
    this.size = { width: Math.max(1, width), height: Math.max(1, height) }
    this.ratio = Math.min(MAX_RATIO, Math.max(1, ratio))
    for (const canvas of [this.canvas, this.cache]) {
      canvas.width = Math.round(this.size.width * this.ratio)
      canvas.height = Math.round(this.size.height * this.ratio)
    }
    this.cacheView = null
    if (this.page && this.fitted) this.fitPage(bestFit(this.page, this.size))
    else this.request(true)
    // A resized canvas is black until it is painted: do not wait for the next frame.
    this.paint()
  }

  fitPage(how: Fit): void {
    if (!this.page) return
    this.fitted = how
    this.setView(fit(this.page, this.free(), how))
  }

  zoom(factor: number, x = this.size.width / 2, y = this.size.height / 2): void {
    if (!this.page) return
    this.touched()
    const smallest = fit(this.page, this.free()).scale
    this.move(zoomAt(this.view, factor, x, y, smallest))
  }

  pan(dx: number, dy: number): void {
    this.touched()
    this.move({ ...this.view, x: this.view.x + dx, y: this.view.y + dy })
  }

  gesture(on: boolean): void {
    this.gesturing = on
    if (!on) this.request(true)
  }

  private free(): Size {
    return { width: this.size.width, height: Math.max(1, this.size.height - this.floor) }
  }

  /** Try a photo again that could not be loaded. */
  retryPhoto(): void {
    const photo = this.page?.photo
    if (photo) this.photos.forgive(photo)
    this.photo()
  }

  request(full = false): void {
    this.full ||= full
    if (this.frame || this.gone) return
    this.frame = requestAnimationFrame(() => {
      this.frame = 0
      this.paint()
    })
  }

  destroy(): void {
    this.gone = true
    cancelAnimationFrame(this.frame)
    clearTimeout(this.staleTimer)
    clearTimeout(this.backTimer)
  }

  private touched(): void {
    this.fitted = null
    this.touchedAt = performance.now()
  }

  private move(view: View): void {
    if (this.page) this.setView(keepInSight(view, this.page, this.size))
  }

  private setView(view: View): void {
    this.following.forget()
    this.view = view
    this.options.moved(view)
    this.request(true)
  }

  private photo(): void {
    const wanted = this.page?.kind === 'photo' ? this.page.photo : null
    this.options.photoState(this.photos.want(wanted))
  }

  private photoCame(photo: string): void {
    if (this.gone) return
    this.cacheView = null
    if (this.page?.photo === photo) this.photo()
    this.request(true)
  }

  /** The strokes of the page in the order they began, with this tab's own unechoed ink. */
  private strokes(): Stroke[] {
    const { board, overlay, hidden } = this.source!
    const page = this.page!.page
    const list: Stroke[] = []
    for (const id in board.strokes) {
      const stroke = board.strokes[id]!
      if (stroke.page === page && !hidden.has(id)) list.push(overlay[id] ?? stroke)
    }
    for (const id in overlay) {
      if (!(id in board.strokes) && overlay[id]!.page === page) list.push(overlay[id]!)
    }
    return list
  }

  /** How many of the first strokes will most likely not change any more. */
  private settled(strokes: Stroke[], now: number): number {
    const { settled, waitMs } = this.settling.look(strokes, now)
    clearTimeout(this.staleTimer)
    if (waitMs !== null) this.staleTimer = setTimeout(() => this.request(), waitMs + 50)
    return settled
  }

  private paint(): void {
    if (this.gone) return
    if (!this.page || !this.source) {
      this.context.setTransform(1, 0, 0, 1, 0, 0)
      return paintDesk(this.context)
    }
    if (this.cachePage !== this.page) this.cacheView = null
    const now = performance.now()
    const strokes = this.strokes()
    this.followInk(strokes, now)
    const settled = this.settled(strokes, now)
    const blurred = this.gesturing && this.cacheView !== null && strokes.length > CRISP_STROKES
    if (blurred) this.paintMoving(strokes, settled)
    else this.paintCrisp(strokes, settled)
    this.tell(strokes)
  }

  private paintCrisp(strokes: Stroke[], settled: number): void {
    let dirty = this.bringCache(strokes, settled)
    let live: Box | null = null
    for (let index = settled; index < strokes.length; index += 1) {
      const { box } = shapeOf(strokes[index]!)
      live = live ? union(live, box) : box
    }
    if (this.liveBox) dirty = dirty ? union(dirty, this.liveBox) : this.liveBox
    if (live) dirty = dirty ? union(dirty, live) : live
    this.liveBox = live
    const region = this.full ? this.whole() : dirty && this.pixels(dirty)
    this.full = false
    if (!region || region.width <= 0 || region.height <= 0) return
    const { context } = this
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.save()
    context.beginPath()
    context.rect(region.left, region.top, region.width, region.height)
    context.clip()
    context.drawImage(
      this.cache,
      region.left,
      region.top,
      region.width,
      region.height,
      region.left,
      region.top,
      region.width,
      region.height,
    )
    this.useView(context, this.view)
    for (let index = settled; index < strokes.length; index += 1) {
      paintStroke(context, strokes[index]!)
    }
    context.restore()
  }

  /** In a pinch over a full page: the cached bitmap stretched, live ink crisp on top. */
  private paintMoving(strokes: Stroke[], settled: number): void {
    const { context, view } = this
    const from = this.cacheView!
    const factor = view.scale / from.scale
    const x = (view.x - from.x * factor) * this.ratio
    const y = (view.y - from.y * factor) * this.ratio
    context.setTransform(1, 0, 0, 1, 0, 0)
    paintDesk(context)
    context.setTransform(factor, 0, 0, factor, x, y)
    context.drawImage(this.cache, 0, 0)
    this.useView(context, view)
    for (let index = settled; index < strokes.length; index += 1) {
      paintStroke(context, strokes[index]!)
    }
  }

  /** Bring the cached bitmap up to the first `settled` strokes; returns what changed in it. */
  private bringCache(strokes: Stroke[], settled: number): Box | null {
    const same = this.cacheView !== null && sameView(this.cacheView, this.view)
    const usable =
      same &&
      this.cached.length <= settled &&
      this.cached.every((known, index) => {
        const stroke = strokes[index]!
        return (
          known.stroke === stroke.stroke &&
          known.count === stroke.points.length &&
          known.ended === stroke.ended
        )
      })
    const context = this.cacheContext
    if (!usable) {
      context.setTransform(1, 0, 0, 1, 0, 0)
      paintDesk(context)
      this.useView(context, this.view)
      paintSheet(context, this.page!, this.photos.picture(this.page!.photo), 1 / this.view.scale)
      this.cached = []
      this.cacheView = this.view
      this.cachePage = this.page
      this.full = true
    }
    this.useView(context, this.view)
    let changed: Box | null = null
    for (let index = this.cached.length; index < settled; index += 1) {
      const stroke = strokes[index]!
      paintStroke(context, stroke)
      const { box } = shapeOf(stroke)
      changed = changed ? union(changed, box) : box
      this.cached.push({ stroke: stroke.stroke, count: stroke.points.length, ended: stroke.ended })
    }
    return changed
  }

  /** Run after the other side's pen when it writes where this screen does not look. */
  private followInk(strokes: Stroke[], now: number): void {
    if (this.gesturing || now - this.touchedAt < FOLLOW_AFTER_MS) return
    const place: Place = { page: this.page!, screen: this.size, cover: this.cover }
    const last = strokes.at(-1)
    const point = last?.points.at(-1)
    const grows = last && !last.ended && this.settling.grows(last)
    if (!point || !grows || this.source!.overlay[last.stroke]) {
      const back = this.following.rested(place, now)
      return back ? this.go(back) : undefined
    }
    const view = this.following.ink(this.view, place, point, now)
    clearTimeout(this.backTimer)
    this.backTimer = setTimeout(() => this.request(), BACK_MS + 50)
    if (view !== this.view) this.go(keepInSight(view, this.page!, this.size))
  }

  private go(view: View): void {
    this.view = view
    this.options.moved(view)
    this.full = true
  }

  private tell(strokes: Stroke[]): void {
    const points = strokes.reduce((sum, stroke) => sum + stroke.points.length, 0)
    if (points > this.points) this.options.painted(performance.timeOrigin + performance.now())
    this.points = points
  }

  private useView(context: CanvasRenderingContext2D, view: View): void {
    const scale = view.scale * this.ratio
    context.setTransform(scale, 0, 0, scale, view.x * this.ratio, view.y * this.ratio)
  }

  private whole() {
    return { left: 0, top: 0, width: this.canvas.width, height: this.canvas.height }
  }

  private pixels(box: Box) {
    const x = (at: number) => (at * this.view.scale + this.view.x) * this.ratio
    const y = (at: number) => (at * this.view.scale + this.view.y) * this.ratio
    const left = Math.max(0, Math.floor(x(box.left)) - 2)
    const top = Math.max(0, Math.floor(y(box.top)) - 2)
    const right = Math.min(this.canvas.width, Math.ceil(x(box.right)) + 2)
    const bottom = Math.min(this.canvas.height, Math.ceil(y(box.bottom)) + 2)
    return { left, top, width: right - left, height: bottom - top }
  }
}

function sameView(a: View, b: View): boolean {
  return a.scale === b.scale && a.x === b.x && a.y === b.y
}

/** A page in the place of another has its id, and may be of another size. */
function sameSheet(a: Page | null, b: Page | null): boolean {
  return a?.page === b?.page && a?.width === b?.width && a?.height === b?.height
}
