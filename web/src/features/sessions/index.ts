// Past sessions and the forms of both sides.
import type { Feature } from '@/router/feature'

const feature: Feature = {
  routes: [
    {
      path: '/student/rating/:session',
      component: () => import('./RatingPage.vue'),
      meta: { role: 'student' },
      props: true,
    },
    {
      path: '/history',
      component: () => import('./HistoryPage.vue'),
      meta: { role: 'student' },
    },
  ],
  words: { 'zh-CN': () => import('./words.zh-CN'), en: () => import('./words.en') },
  panes: {
    report: () => import('./ReportForm.vue'),
    sessions: () => import('./SessionsList.vue'),
  },
}

export default feature
