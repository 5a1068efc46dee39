// The homes of students and teachers: who is here, calling, ringing.
import type { Feature } from '@/router/feature'

const feature: Feature = {
  routes: [
    {
      path: '/student',
      component: () => import('./HomePage.vue'),
      meta: { role: 'student' },
    },
    {
      path: '/teacher',
      component: () => import('./TeacherPage.vue'),
      meta: { role: 'teacher' },
    },
  ],
  homes: { student: '/student', teacher: '/teacher' },
  words: { 'zh-CN': () => import('./words.zh-CN'), en: () => import('./words.en') },
}

export default feature
