import type { RouteRecordRaw } from 'vue-router'
import { chats, pane } from '@/app/panes'

export const routes: RouteRecordRaw[] = [pane({ path: '/', name: 'chats', tab: 'chats', pane: 'list', list: chats.list })]
