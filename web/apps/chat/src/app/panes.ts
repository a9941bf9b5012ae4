import type { Component } from 'vue'
import type { RouteComponent, RouteRecordRaw } from 'vue-router'

/** Which of the destinations in the rail a screen belongs to. */
export type Tab = 'chats' | 'contacts' | 'settings'
/** Which zone a phone shows, since it shows one at a time. */
export type Pane = 'list' | 'main' | 'side'

declare module 'vue-router' {
  interface RouteMeta {
    tab?: Tab
    pane?: Pane
    /** Opens without being signed in. */
    open?: boolean
    /** Takes the whole window, without rail and list. */
    bare?: boolean
    /** The key of the window's title. */
    title?: string
  }
}

type Lazy = () => Promise<{ default: Component }>
type View = RouteComponent | Lazy

interface PaneRoute {
  path: string
  name: string
  tab: Tab
  pane: Pane
  list: View
  main?: View
  side?: View
  /** The key of the window's title. */
  title?: string
}

/** A route of up to three zones: the list, what was chosen in it, and more about that. */
export function pane({ path, name, tab, pane, list, main, side, title }: PaneRoute): RouteRecordRaw {
  const components: Record<string, View> = { list, default: main ?? nothingChosen }
  if (side) components.side = side
  return { path, name, components, meta: { tab, pane, title } } as RouteRecordRaw
}

const nothingChosen: Lazy = () => import('./NothingChosen.vue')

/** The zones of the chats, for routes that put something beside them. */
export const chats = {
  list: () => import('@/features/conversations/ConversationList.vue'),
  main: () => import('@/features/chat/ChatView.vue'),
} satisfies Record<string, Lazy>
