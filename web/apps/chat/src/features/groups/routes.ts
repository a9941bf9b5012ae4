import type { RouteRecordRaw } from 'vue-router'
import { chats, pane } from '@/app/panes'

const contacts = () => import('../contacts/ContactsPane.vue')

export const routes: RouteRecordRaw[] = [
  pane({ path: '/groups', name: 'groups', title: 'groups.mine', tab: 'contacts', pane: 'main', list: contacts, main: () => import('./GroupsPage.vue') }),
  pane({ path: '/c/:id(\\d+)/details', name: 'details', title: 'groups.details.group', tab: 'chats', pane: 'side', ...chats, side: () => import('./DetailsPane.vue') }),
  { path: '/i/:token', name: 'invite', component: () => import('./InvitationPage.vue'), meta: { open: true, bare: true, title: 'groups.join.title' } },
]
