import type { RouteRecordRaw } from 'vue-router'
import { pane } from '@/app/panes'

const list = () => import('../contacts/ContactsPane.vue')
const main = () => import('./PersonPage.vue')

export const routes: RouteRecordRaw[] = [
  pane({ path: '/people/:id(\\d+)', name: 'person', title: 'people.title', tab: 'contacts', pane: 'main', list, main }),
  pane({ path: '/u/:uuid', name: 'person-link', title: 'people.title', tab: 'contacts', pane: 'main', list, main }),
]
