// The auditor's search of recordings.
import type { Feature } from '@/router/feature'

const feature: Feature = {
  routes: [
    {
      path: '/auditor',
      component: () => import('./AuditorPage.vue'),
      meta: { role: 'auditor' },
    },
  ],
  words: { 'zh-CN': () => import('./words.zh-CN'), en: () => import('./words.en') },
}

export default feature
