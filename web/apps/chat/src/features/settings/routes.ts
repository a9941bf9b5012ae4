import type { RouteRecordRaw } from 'vue-router'
import { pane } from '@/app/panes'

const list = () => import('./SettingsPane.vue')
const main = () => import('./SettingsPage.vue')

export const routes: RouteRecordRaw[] = [
  pane({ path: '/settings', name: 'settings', title: 'settings.title', tab: 'settings', pane: 'list', list, main }),
  pane({ path: '/settings/:section', name: 'settings-section', title: 'settings.title', tab: 'settings', pane: 'main', list, main }),
]
