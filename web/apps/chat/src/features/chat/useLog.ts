import type { ConversationId } from '@hongyan/sdk'
import { onScopeDispose } from 'vue'
import { useClient, useWatch } from '@/app/client'

/** The log of a conversation, open while the caller's scope lives. */
export function useLog(id: ConversationId) {
  const log = useClient().open(id)
  const view = useWatch(log.view)
  onScopeDispose(() => log.close())
  return { log, view }
}
