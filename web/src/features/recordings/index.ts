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
  homes: { auditor: '/auditor', administrator: '/auditor' },
  words: { 'zh-CN': () => import('./words.zh-CN'), en: () => import('./words.en') },
}

export default feature
