// English for the protocol's keys: subjects, grades, end reasons, styles, rating items.
import zh from './terms.zh-CN'

const en: typeof zh = {
  subject: {
    chinese: 'Chinese',
    maths: 'Maths',
    english: 'English',
    ethics: 'Ethics and law',
    physics: 'Physics',
    chemistry: 'Chemistry',
    biology: 'Biology',
    history: 'History',
    geography: 'Geography',
  },
  grade: {
    1: 'Grade 1',
    2: 'Grade 2',
    3: 'Grade 3',
    4: 'Grade 4',
    5: 'Grade 5',
    6: 'Grade 6',
    7: 'Grade 7',
    8: 'Grade 8',
    9: 'Grade 9',
    10: 'Grade 10',
    11: 'Grade 11',
    12: 'Grade 12',
  },
  reason: {
    running: 'Running',
    hung_up: 'Hung up',
    time_limit: 'Time limit',
    grace_over: 'Connection lost',
    server_lost: 'Server lost',
    recorder_failed: 'Recorder failed',
    drained: 'Maintenance',
  },
  label: {
    patient: 'Patient',
    humorous: 'Humorous',
    rigorous: 'Rigorous',
    lively: 'Lively',
    encouraging: 'Encouraging',
    step_by_step: 'Step by step',
    heuristic: 'Guides by questions',
    concise: 'Concise',
    vivid_examples: 'Vivid examples',
    exam_savvy: 'Knows the exams',
  },
  item: {
    understood: 'I understood',
    clear: 'Clear',
    patient: 'Patient',
    useful: 'Useful',
  },
  role: {
    student: 'Student',
    teacher: 'Teacher',
    auditor: 'Auditor',
    administrator: 'Administrator',
  },
  separator: ', ',
}

export default en
