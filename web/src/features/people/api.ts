// HTTP calls about a person's pens.
import { api as shared, ask } from '@/net/api'

export const api = {
  pens: shared.pens,

  confirmPen: (userCode: string) =>
    ask('post', '/api/pens/pairings/confirm', { json: { user_code: userCode } }),

  removePen: (pen: string) => ask('delete', '/api/pens/{pen}', { path: { pen } }),
}
