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

const student = { role: 'student' } as const
const auditor = { role: 'auditor' } as const

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: () => homeOf() },
    { path: '/sign-in', component: () => import('@/features/people/SignInPage.vue') },
    {
      path: '/student',
      component: () => import('@/features/calls/HomePage.vue'),
      meta: student,
    },
    {
      path: '/student/session/:session',
      component: () => import('@/features/call/SessionPage.vue'),
      meta: student,
      props: true,
    },
    {
      path: '/student/rating/:session',
      component: () => import('@/features/sessions/RatingPage.vue'),
      meta: student,
      props: true,
    },
    {
      path: '/history',
      component: () => import('@/features/sessions/HistoryPage.vue'),
      meta: student,
    },
    {
      path: '/teacher',
      component: () => import('@/features/calls/TeacherPage.vue'),
      meta: { role: 'teacher' },
    },
    {
      path: '/auditor',
      component: () => import('@/features/recordings/AuditorPage.vue'),
      meta: auditor,
    },
    {
      path: '/auditor/recordings/:session',
      component: () => import('@/features/replay/ReplayPage.vue'),
      meta: auditor,
      props: true,
    },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

export function homeOf(): string {
  const role = auth.person.value?.role
  return role ? HOMES[role] : '/sign-in'
}

router.beforeEach(async (to) => {
  if (auth.state.value !== 'signed_in') await auth.restore()
  const role = auth.person.value?.role
  if (to.path === '/sign-in') return role ? homeOf() : true
  // Somebody is remembered but the server is away: the frame says so and tries again.
  if (auth.state.value === 'unreachable') return true
  if (!role) return { path: '/sign-in', query: to.path === '/' ? {} : { next: to.fullPath } }
  if (to.path === '/') return homeOf()
  if (to.meta.role && HOMES[to.meta.role] !== HOMES[role]) return homeOf()
  return true
})
