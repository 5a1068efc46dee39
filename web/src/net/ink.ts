// Own ink before the server has echoed it: shown at once, and gone when the board has it too.
import type { Board, Operation, Point, RoomEvent, Stroke } from '@/wire/messages'

export class OwnInk {
  /** Whole strokes, drawn instead of the board's strokes of the same id. */
  readonly strokes: Record<string, Stroke> = {}
  /** Strokes asked to be undone: not drawn while the server has not answered. */
  readonly hidden = new Set<string>()
  /** Own strokes whose beginning the server has echoed. */
  private readonly begun = new Set<string>()

  begin(stroke: Stroke): void {
    this.strokes[stroke.stroke] = stroke
  }

  add(stroke: string, points: Point[]): boolean {
    const own = this.strokes[stroke]
    if (!own || own.ended) return false
    for (const point of points) own.points.push(point)
    return true
  }

  end(stroke: string): boolean {
    const own = this.strokes[stroke]
    if (!own || own.ended) return false
    own.ended = true
    return true
  }

  undo(stroke: string): void {
    delete this.strokes[stroke]
    this.hidden.add(stroke)
  }

  /** Called after the event was folded into the board. */
  echoed(event: RoomEvent): void {
    switch (event.type) {
      case 'stroke_ended': {
        // Points can only have been left out of the echo when they were refused: the board is right.
        if (this.strokes[event.stroke]?.ended) delete this.strokes[event.stroke]
        break
      }
      case 'stroke_undone':
        delete this.strokes[event.stroke]
        this.hidden.delete(event.stroke)
        break
      case 'page_cleared':
        for (const [id, stroke] of Object.entries(this.strokes)) {
          if (stroke.page === event.page && this.begun.has(id)) this.drop(id)
        }
        break
      case 'stroke_began':
        if (this.strokes[event.stroke]) this.begun.add(event.stroke)
        break
      default:
        break
    }
    if (Object.keys(this.strokes).length === 0) this.begun.clear()
  }

  /** The server would not do this. */
  refused(operation: Operation): void {
    if (operation.type === 'undo_stroke') this.hidden.delete(operation.stroke)
    else if ('stroke' in operation) this.drop(operation.stroke)
  }

  /** A snapshot came: keep only what the operations still waiting will bring. */
  reconcile(board: Board, waiting: readonly Operation[]): void {
    const begins = new Set<string>()
    const touched = new Set<string>()
    const undos = new Set<string>()
    for (const operation of waiting) {
      if (operation.type === 'stroke_begin') begins.add(operation.stroke)
      if (operation.type === 'undo_stroke') undos.add(operation.stroke)
      else if ('stroke' in operation) touched.add(operation.stroke)
    }
    for (const id of Object.keys(this.strokes)) {
      const onBoard = id in board.strokes
      if (!touched.has(id) || !(onBoard || begins.has(id))) this.drop(id)
      else if (onBoard) this.begun.add(id)
    }
    for (const id of this.hidden) if (!undos.has(id)) this.hidden.delete(id)
  }

  private drop(id: string): void {
    delete this.strokes[id]
    this.begun.delete(id)
  }
}
