// HTTP calls that search recordings.
import { ask } from '@/net/api'
import type { Query } from '@/net/described'

export type RecordingSearch = Query<'get', '/api/recordings'>

export const api = {
  recordings: (query: RecordingSearch) => ask('get', '/api/recordings', { query }),
}
