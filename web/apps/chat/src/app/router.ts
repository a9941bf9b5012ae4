import type { Client } from '@hongyan/sdk'
import { createRouter, createWebHistory, type Router, type RouteRecordRaw } from 'vue-router'

const found = import.meta.glob<{ routes: RouteRecordRaw[] }>('../features/*/routes.ts', { eager: true })

/** The routes of all features; who is not signed in is sent to sign in, and back to where they wanted to go. */
export function makeRouter(client: Client): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      ...Object.values(found).flatMap((feature) => feature.routes),
      { path: '/:rest(.*)*', redirect: '/' },
    ],
  })
  router.beforeEach((to) => {
    const signedIn = client.me.value !== null
    if (!signedIn && !to.meta.open) return { name: 'sign-in', query: to.path === '/' ? {} : { to: to.fullPath } }
    if (signedIn && to.name === 'sign-in') return '/'
    return true
  })
  return router
}
