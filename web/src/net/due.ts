// A form the teacher owes, from wherever the tab learnt of it.
import type { DueForm, Subject } from '@/wire/messages'

export interface Due {
  session: string
  other: string
  subject: Subject
  /** Unix ms, null when the tab does not know it. */
  startedMs: number | null
  reason: string
}

export function dueOf(form: DueForm): Due {
  return {
    session: form.session,
    other: form.other,
    subject: form.subject,
    startedMs: form.started_ms,
    reason: form.reason,
  }
}
