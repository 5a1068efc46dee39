// HTTP calls about a person's pens.
import { api as shared, ask, id } from '@/net/api'

export const api = {
  pens: shared.pens,

  confirmPen: (userCode: string) =>
    ask<void>('POST', '/api/pens/pairings/confirm', { json: { user_code: userCode } }),

  removePen: (pen: string) => ask<void>('DELETE', `/api/pens/${id(pen)}`),
}
