// HTTP calls about past sessions and their forms.
import { ask, id } from '@/net/api'
import type { PastSessionRow, RatingForm, ReportForm, Vocabulary } from '@/net/types'

let vocabulary: Promise<Vocabulary> | null = null

export const api = {
  vocabulary(): Promise<Vocabulary> {
    vocabulary ??= ask<Vocabulary>('GET', '/api/vocabulary').catch((error: unknown) => {
      vocabulary = null
      throw error
    })
    return vocabulary
  },

  mySessions: (limit = 50) =>
    ask<{ sessions: PastSessionRow[] }>('GET', `/api/sessions/mine?limit=${limit}`).then(
      (answer) => answer.sessions,
    ),

  sendRating: (session: string, form: RatingForm) =>
    ask<void>('POST', `/api/sessions/${id(session)}/rating`, { json: form }),

  sendReport: (session: string, form: ReportForm) =>
    ask<void>('POST', `/api/sessions/${id(session)}/report`, { json: form }),
}
