import type { RouteRecordRaw } from 'vue-router'
import { chats, pane } from '@/app/panes'

/** `?at=SEQ` shows that place of the conversation. */
export const routes: RouteRecordRaw[] = [
  pane({ path: '/c/:id(\\d+)', name: 'chat', tab: 'chats', pane: 'main', ...chats }),
]
