// How good a voice is, under the teacher pages' names.
export { BARS, gradeOf, type Grade as QualityGrade } from '@/media/quality'
