import { useDialogs, useToasts } from '@hongyan/ui'
import { useI18n } from '@/i18n'
import type { GroupHandle } from './useGroup'

/** Takes friends into a group, and says how many came in and how many wait. */
export function useAddingMembers(handle: GroupHandle) {
  const { t } = useI18n()
  const dialogs = useDialogs()
  const toasts = useToasts()

  return async (): Promise<void> => {
    const answer = await dialogs.open<{ joined: number[], waiting: number[] }>(() => import('./AddMembersDialog.vue'), { handle })
    if (!answer) return
    if (answer.waiting.length > 0) toasts.show(t('groups.waitingAdded', answer.waiting.length))
    else toasts.show(t('groups.added', answer.joined.length))
  }
}
