// The pages by address, and who may see which.
import { createRouter, createWebHistory } from 'vue-router'
import type { Role } from '@/wire/messages'
import { auth } from '@/net/auth'

declare module 'vue-router' {
  interface RouteMeta {
    /** Only this role sees the page; absent: anyone. */
    role?: Role
  }
}

export const HOMES: Record<Role, string> = {
  student: '/student',
  teacher: '/teacher',
  auditor: '/auditor',
  administrator: '/auditor',
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: () => homeOf() },
    { path: '/sign-in', component: () => import('@/pages/signin/SignInPage.vue') },
    {
      path: '/teacher',
      component: () => import('@/pages/teacher/TeacherPage.vue'),
      meta: { role: 'teacher' },
    },
    {
      path: '/auditor',
      component: () => import('@/pages/auditor/AuditorPage.vue'),
      meta: { role: 'auditor' },
    },
    {
      path: '/auditor/recordings/:session',
      component: () => import('@/pages/auditor/ReplayPage.vue'),
      meta: { role: 'auditor' },
      props: true,
    },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

export function homeOf(): string {
  const role = auth.person.value?.role
  return role ? HOMES[role] : '/sign-in'
}

router.beforeEach(async (to) => {
  if (auth.state.value !== 'signed_in') await auth.restore()
  const role = auth.person.value?.role
  if (to.path === '/sign-in') return role ? homeOf() : true
  if (!role) return { path: '/sign-in', query: { next: to.fullPath } }
  if (to.meta.role && HOMES[to.meta.role] !== HOMES[role]) return homeOf()
  return true
})
