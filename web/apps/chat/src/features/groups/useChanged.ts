import type { ConversationId } from '@hongyan/sdk'
import { onScopeDispose } from 'vue'
import { useClient } from '@/app/client'

/** Changes come in flocks: one question answers them all. */
const PAUSE_MS = 150

/** Calls `ask` after the group of that id changed. */
export function useChanged(id: () => ConversationId | null, ask: () => unknown): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = useClient().on('changed', ({ conversation }) => {
    if (conversation !== id()) return
    clearTimeout(timer)
    timer = setTimeout(ask, PAUSE_MS)
  })
  onScopeDispose(() => {
    clearTimeout(timer)
    stop()
  })
}
