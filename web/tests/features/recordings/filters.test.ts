// The auditor's filters: in the address, and as the server takes them.
import { describe, expect, it } from 'vitest'
import { fromQuery, isFiltered, NO_FILTERS, toQuery, toSearch } from '@/features/recordings/filters'

const some = {
  ...NO_FILTERS,
  student: '林',
  subject: 'maths',
  from: '2026-03-01',
  to: '2026-03-31',
}

describe('filters', () => {
  it('come back from the address as they went in', () => {
    expect(fromQuery(toQuery(some, 3))).toEqual({ filters: some, page: 3 })
    expect(toQuery(NO_FILTERS, 1)).toEqual({})
  })

  it('leave out what somebody typed into the address that is no filter', () => {
    const { filters, page } = fromQuery({ from: 'yesterday', page: '-4', student: ['a', 'b'] })
    expect(filters).toEqual(NO_FILTERS)
    expect(page).toBe(1)
  })

  it('ask for whole days of the auditor’s own calendar, the last one included', () => {
    const search = toSearch(some, 1)
    expect(Number(search.from)).toBe(new Date(2026, 2, 1).getTime())
    expect(Number(search.to)).toBe(new Date(2026, 3, 1).getTime())
  })

  it('know whether there are any', () => {
    expect(isFiltered(NO_FILTERS)).toBe(false)
    expect(isFiltered(some)).toBe(true)
  })
})
