// Signing in, and the pens of a person.
import type { Feature } from '@/router/feature'

const feature: Feature = {
  routes: [{ path: '/sign-in', component: () => import('./SignInPage.vue') }],
  words: { 'zh-CN': () => import('./words.zh-CN'), en: () => import('./words.en') },
  panes: { pens: () => import('./PensPanel.vue') },
}

export default feature
