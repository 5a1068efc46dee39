// What a feature's `index.ts` brings: addresses, words, and panes that other features may show.
import type { Component } from 'vue'
import { loadRouteLocation, type RouteLocationResolved, type RouteRecordRaw } from 'vue-router'
import { loadWords, type Words } from '@/i18n'
import { late } from '@/ui/late'
import type { Role } from '@/wire/messages'
import { addHomes } from './homes'

declare module 'vue-router' {
  interface RouteMeta {
    /** Only this role sees the page; absent: anyone. */
    role?: Role
    /** Fetched before the page is shown. */
    words?: Words
  }
}

export interface Feature {
  routes: RouteRecordRaw[]
  words: Words
  /** The roles that start in it, and where. */
  homes?: Partial<Record<Role, string>>
  /** Parts that another feature's page shows by name, since features never import each other. */
  panes?: Record<string, () => Promise<{ default: Component }>>
}

const panes = new Map<string, () => Promise<{ default: Component }>>()

/** Its routes, each with the feature's words; its homes and panes are known from now on. */
export function take(feature: Feature): RouteRecordRaw[] {
  for (const [name, load] of Object.entries(feature.panes ?? {})) {
    panes.set(name, async () => (await Promise.all([load(), loadWords(feature.words)]))[0])
  }
  addHomes(feature.homes ?? {})
  return feature.routes.map(
    (route) => ({ ...route, meta: { ...route.meta, words: feature.words } }) as RouteRecordRaw,
  )
}

/** Fetches a page ahead of its use. */
export function preloadPage(page: RouteLocationResolved): void {
  loadRouteLocation(page).catch(() => {})
  if (page.meta.words) loadWords(page.meta.words).catch(() => {})
}

/** Fetches a pane ahead of its use; a failure shows when it is used. */
export function preloadPane(name: string): void {
  panes
    .get(name)?.()
    .catch(() => {})
}

/** A component that fetches the pane when it is first shown; nothing when no feature brings it. */
export function pane(name: string): Component {
  return late(async () => {
    const load = panes.get(name)
    return load ? (await load()).default : { render: () => null }
  })
}
