// HTTP calls that search recordings.
import { ask } from '@/net/api'
import type { RecordingRow, RecordingSearch } from '@/net/types'

export const api = {
  recordings(search: RecordingSearch): Promise<{ recordings: RecordingRow[]; total: number }> {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(search)) {
      if (value !== undefined && value !== '') query.set(name, String(value))
    }
    return ask('GET', `/api/recordings?${query}`)
  },
}
