// The replay of one recording.
import type { Feature } from '@/router/feature'

const feature: Feature = {
  routes: [
    {
      path: '/auditor/recordings/:session',
      component: () => import('./ReplayPage.vue'),
      meta: { role: 'auditor' },
      props: true,
    },
  ],
  words: { 'zh-CN': () => import('./words.zh-CN'), en: () => import('./words.en') },
}

export default feature
