import type { RouteRecordRaw } from 'vue-router'
import { pane } from '@/app/panes'

const list = () => import('./ContactsPane.vue')

export const routes: RouteRecordRaw[] = [
  pane({ path: '/contacts', name: 'contacts', title: 'contacts.title', tab: 'contacts', pane: 'list', list }),
  pane({ path: '/contacts/requests', name: 'contact-requests', title: 'contacts.new', tab: 'contacts', pane: 'main', list, main: () => import('./RequestsPage.vue') }),
  pane({ path: '/contacts/add', name: 'contact-add', title: 'contacts.add', tab: 'contacts', pane: 'main', list, main: () => import('./AddPage.vue') }),
  pane({ path: '/contacts/code', name: 'contact-code', title: 'contacts.code', tab: 'contacts', pane: 'main', list, main: () => import('./CodePage.vue') }),
]
