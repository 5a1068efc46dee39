// What this tab asked of the room and the server has not confirmed: numbered, bounded, resendable.
import { MAX_POINTS_A_MESSAGE } from '@/wire/messages'
import type { Operation, Point } from '@/wire/messages'

type WithoutN<T> = T extends Operation ? Omit<T, 'n'> : never
export type Wanted = WithoutN<Operation>

/** How many may be under way unconfirmed; the server slows down whoever sends faster. */
export const WINDOW = 200
/** About five minutes of writing without a break, drawn while offline. */
export const MAX_WAITING_POINTS = 40_000
export const MAX_WAITING = 4_000

export class OperationQueue {
  private waiting: Operation[] = []
  private sentUpTo = 0
  private next = 1
  private points = 0

  get length(): number {
    return this.waiting.length
  }

  get full(): boolean {
    return this.waiting.length >= MAX_WAITING || this.points >= MAX_WAITING_POINTS
  }

  get all(): readonly Operation[] {
    return this.waiting
  }

  /** Number and keep an operation; points join the unsent message of the same stroke before. */
  add(wanted: Wanted): void {
    if (wanted.type === 'stroke_points' && this.joined(wanted.stroke, wanted.points)) return
    const operation = { ...wanted, n: this.next } as Operation
    this.next += 1
    this.waiting.push(operation)
    this.points += pointsOf(operation)
  }

  /** What may go out now, in order; the caller has a live connection and sends all of it. */
  take(): Operation[] {
    const first = this.waiting[0]
    if (!first) return []
    const limit = first.n + WINDOW
    const out = this.waiting.filter(
      (operation) => operation.n > this.sentUpTo && operation.n < limit,
    )
    const last = out.at(-1)
    if (last) this.sentUpTo = last.n
    return out
  }

  /** Everything up to `n` was done or refused. */
  acknowledged(n: number): void {
    while (this.waiting[0] && this.waiting[0].n <= n) {
      this.points -= pointsOf(this.waiting.shift()!)
    }
  }

  /** A new connection: the server has done up to `lastN`; the rest counts as never sent. */
  resync(lastN: number): void {
    this.acknowledged(lastN)
    this.sentUpTo = lastN
    // A reloaded tab may have kept fewer than it had sent; the server wants them without a gap.
    this.waiting.forEach((operation, index) => {
      operation.n = lastN + 1 + index
    })
    this.next = lastN + 1 + this.waiting.length
  }

  find(n: number): Operation | undefined {
    return this.waiting.find((operation) => operation.n === n)
  }

  /** Put back what an earlier life of this tab had kept. */
  restore(operations: Operation[]): void {
    this.waiting = operations
    this.points = operations.reduce((sum, operation) => sum + pointsOf(operation), 0)
    this.next = (operations.at(-1)?.n ?? 0) + 1
    this.sentUpTo = 0
  }

  private joined(stroke: string, points: Point[]): boolean {
    const last = this.waiting.at(-1)
    if (!last || last.n <= this.sentUpTo) return false
    if (last.type !== 'stroke_points' && last.type !== 'stroke_begin') return false
    if (last.stroke !== stroke || last.points.length + points.length > MAX_POINTS_A_MESSAGE) {
      return false
    }
    last.points = [...last.points, ...points]
    this.points += points.length
    return true
  }
}

function pointsOf(operation: Operation): number {
  return 'points' in operation ? operation.points.length : 0
}
