import type { ConversationId, ConversationPatch } from '@hongyan/sdk'
import { useClient } from '@/app/client'

/** How the caller keeps a conversation. */
export function useKeeping(id: () => ConversationId) {
  const client = useClient()
  return {
    keep: (patch: ConversationPatch) => client.keep(id(), patch),
    clear: () => client.clear(id()),
  }
}
