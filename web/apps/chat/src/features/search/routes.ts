import type { RouteRecordRaw } from 'vue-router'
import { chats, pane } from '@/app/panes'

export const routes: RouteRecordRaw[] = [
  pane({ path: '/search', name: 'search', title: 'search.title', tab: 'chats', pane: 'list', list: () => import('./SearchPane.vue') }),
  pane({ path: '/c/:id(\\d+)/search', name: 'conversation-search', title: 'search.inConversation', tab: 'chats', pane: 'side', ...chats, side: () => import('./ConversationSearch.vue') }),
]
