// A session: the student's page of it and the teacher's console.
import type { Feature } from '@/router/feature'

const feature: Feature = {
  routes: [
    {
      path: '/student/session/:session',
      component: () => import('./SessionPage.vue'),
      meta: { role: 'student' },
      props: true,
    },
  ],
  words: { 'zh-CN': () => import('./words.zh-CN'), en: () => import('./words.en') },
  panes: { console: () => import('./SessionConsole.vue') },
}

export default feature
