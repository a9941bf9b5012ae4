import { useDialogs } from '@hongyan/ui'
import type { AccountId, Conversation } from '@hongyan/sdk'
import { useGoing } from '../shared/useGoing'

/** Makes a group, beginning with who is `chosen`, and goes there. */
export function useCreating() {
  const dialogs = useDialogs()
  const going = useGoing()

  return async (chosen: readonly AccountId[] = []): Promise<void> => {
    const made = await dialogs.open<Conversation>(() => import('./CreateGroupDialog.vue'), { chosen })
    if (made) await going.toConversation(made.id)
  }
}
