// HTTP calls about past sessions and their forms.
import { ask } from '@/net/api'
import type { RatingForm, ReportForm, Vocabulary } from '@/net/types'

let vocabulary: Promise<Vocabulary> | null = null

export const api = {
  vocabulary(): Promise<Vocabulary> {
    vocabulary ??= ask('get', '/api/vocabulary').catch((error: unknown) => {
      vocabulary = null
      throw error
    })
    return vocabulary
  },

  mySessions: (limit = 50) =>
    ask('get', '/api/sessions/mine', { query: { limit } }).then((answer) => answer.sessions),

  sendRating: (session: string, form: RatingForm) =>
    ask('post', '/api/sessions/{session}/rating', { path: { session }, json: form }),

  sendReport: (session: string, form: ReportForm) =>
    ask('post', '/api/sessions/{session}/report', { path: { session }, json: form }),
}
