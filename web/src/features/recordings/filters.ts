// The filters of the list of recordings: in the page's address, and as the server takes them. Pure.
import type { RecordingSearch } from './api'

export const REASONS = [
  'hung_up',
  'time_limit',
  'grace_over',
  'server_lost',
  'recorder_failed',
  'drained',
] as const

export interface Filters {
  student: string
  teacher: string
  subject: string
  reason: string
  /** Days of the auditor's own calendar, `2026-03-01`, or empty; both included. */
  from: string
  to: string
}

export const NO_FILTERS: Filters = {
  student: '',
  teacher: '',
  subject: '',
  reason: '',
  from: '',
  to: '',
}

const DAY = /^\d{4}-\d{2}-\d{2}$/

type Query = Record<string, unknown>

/** Filters and page from the address; whatever is not one is left out. */
export function fromQuery(query: Query): { filters: Filters; page: number } {
  const filters = { ...NO_FILTERS }
  for (const name of Object.keys(filters) as (keyof Filters)[]) {
    const value = query[name]
    if (typeof value === 'string') filters[name] = value.slice(0, 80)
  }
  if (!DAY.test(filters.from)) filters.from = ''
  if (!DAY.test(filters.to)) filters.to = ''
  const page = Number(query.page)
  return { filters, page: Number.isInteger(page) && page > 0 ? page : 1 }
}

export function toQuery(filters: Filters, page: number): Record<string, string> {
  const query: Record<string, string> = {}
  for (const [name, value] of Object.entries(filters)) {
    if (value.trim() !== '') query[name] = value.trim()
  }
  if (page > 1) query.page = String(page)
  return query
}

/** What to ask the server. Days become Unix ms here, because only this side knows the time zone. */
export function toSearch(filters: Filters, page: number): RecordingSearch {
  const { from, to, ...rest } = filters
  const search: RecordingSearch = { ...rest, page }
  if (from) search.from = String(startOf(from, 0))
  if (to) search.to = String(startOf(to, 1))
  return search
}

function startOf(day: string, plus: number): number {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  return new Date(year, month - 1, date + plus).getTime()
}

export function isFiltered(filters: Filters): boolean {
  return Object.values(filters).some((value) => value !== '')
}
