// The pages by address, from every folder of `features/` and those that the build names, and who may see which.
import { createRouter, createWebHistory } from 'vue-router'
import elsewhere from 'virtual:features-elsewhere'
import { loadWords } from '@/i18n'
import { auth } from '@/net/auth'
import { take, type Feature } from './feature'
import { homeOf, sees } from './homes'
import { lookAfter } from './missing'

const features = import.meta.glob<Feature>('../features/*/index.ts', {
  eager: true,
  import: 'default',
})

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: () => homeOf() },
    ...[...Object.values(features), ...elsewhere].flatMap(take),
    { path: '/:rest(.*)*', redirect: '/' },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

lookAfter(router)

router.beforeEach(async (to) => {
  if (auth.state.value !== 'signed_in') await auth.restore()
  const role = auth.person.value?.role
  if (to.path === '/sign-in') return homeOf() === to.path || homeOf()
  // Somebody is remembered but the server is away: the frame says so and tries again.
  if (auth.state.value === 'unreachable') return true
  if (!role) return { path: '/sign-in', query: to.path === '/' ? {} : { next: to.fullPath } }
  if (to.path === '/') return homeOf()
  if (to.meta.role && !sees(role, to.meta.role)) return homeOf()
  return true
})

// Begun before the page's own file is asked for and awaited after it, so that both come at once.
router.beforeEach((to) => {
  if (to.meta.words) loadWords(to.meta.words).catch(() => {})
})
router.beforeResolve(async (to) => {
  if (to.meta.words) await loadWords(to.meta.words)
})
