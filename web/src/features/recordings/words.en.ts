// Words of the list of recordings in English.
import zh from './words.zh-CN'

const en: typeof zh = {
  auditor: {
    list: {
      title: 'Recordings',
      total: '{n} in all',
      filters: 'Filters',
      student: 'Student',
      teacher: 'Teacher',
      studentHint: 'Name or id',
      teacherHint: 'Name or id',
      subject: 'Subject',
      anySubject: 'All subjects',
      from: 'From',
      to: 'To',
      reason: 'Ended by',
      anyReason: 'All reasons',
      search: 'Search',
      reset: 'Reset',
      started: 'Started',
      length: 'Length',
      rating: 'Rating',
      state: 'Recording',
      size: 'Size',
      open: 'Replay',
      openLabel: 'Replay the session of {student} with {teacher}',
      sealed: 'Sealed',
      unsealed: 'Not sealed',
      damaged: 'Damaged',
      none: 'No recording',
      unsealedHint:
        'The recording was not sealed, perhaps because the server failed; what was written can be replayed.',
      damagedHint: 'A part of the file cannot be read; the rest can be replayed.',
      empty: 'No recordings yet',
      emptyFiltered: 'No recording fits',
      emptyFilteredText: 'Widen the filters and search again.',
      failed: 'The recordings could not be loaded',
      retry: 'Try again',
      running: 'Running',
      unrated: 'Not rated',
    },
  },
}

export default en
