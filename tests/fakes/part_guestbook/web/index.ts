// The guestbook's page.
import type { Feature } from '@/router/feature'

const feature: Feature = {
  routes: [{ path: '/guestbook', component: () => import('./GuestbookPage.vue') }],
  words: { 'zh-CN': () => import('./words.zh-CN'), en: () => import('./words.en') },
}

export default feature
