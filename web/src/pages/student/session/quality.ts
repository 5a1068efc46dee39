// How good the call is, under the student pages' names.
export { BARS, callGrade, type Grade } from '@/media/quality'
