import type { Conversation, ConversationPatch } from '@hongyan/sdk'
import { IconBell, IconDelete, IconEye, IconHide, IconPin, IconQuiet, IconRead, IconUnpin, IconUnread, type MenuItem, useDialogs, useMenus } from '@hongyan/ui'
import { useI18n } from '@/i18n'
import { useClient } from '@/app/client'
import { useProblems } from '@/app/problems'

/** What one can do to a conversation from the list. `changed` is told after something of it was kept. */
export function useConversationMenu(changed: () => void = () => undefined) {
  const { t } = useI18n()
  const client = useClient()
  const menus = useMenus()
  const dialogs = useDialogs()
  const problems = useProblems()

  async function keep({ id }: Conversation, patch: ConversationPatch): Promise<void> {
    if (await problems.attempt(() => client.keep(id, patch))) changed()
  }

  async function clear({ id }: Conversation): Promise<void> {
    const sure = await dialogs.confirm({
      title: t('conversations.clear_title'),
      text: t('conversations.clear_text'),
      action: t('conversations.clear_action'),
      danger: true,
    })
    if (sure && (await problems.attempt(() => client.clear(id)))) changed()
  }

  function items(one: Conversation): MenuItem[] {
    const unread = one.unread > 0 || one.marked_unread
    return [
      one.pinned
        ? { label: t('conversations.unpin'), icon: IconUnpin, run: () => void keep(one, { pinned: false }) }
        : { label: t('conversations.pin'), icon: IconPin, run: () => void keep(one, { pinned: true }) },
      one.quiet
        ? { label: t('conversations.loud'), icon: IconBell, run: () => void keep(one, { quiet: false }) }
        : { label: t('conversations.quiet'), icon: IconQuiet, run: () => void keep(one, { quiet: true }) },
      unread
        ? { label: t('conversations.mark_read'), icon: IconRead, run: () => void read(one) }
        : { label: t('conversations.mark_unread'), icon: IconUnread, run: () => void keep(one, { marked_unread: true }) },
      one.hidden
        ? { label: t('conversations.unhide'), icon: IconEye, run: () => void keep(one, { hidden: false }) }
        : { label: t('conversations.hide'), icon: IconHide, run: () => void keep(one, { hidden: true }) },
      { label: t('conversations.clear'), icon: IconDelete, danger: true, run: () => void clear(one) },
    ]
  }

  async function read(one: Conversation): Promise<void> {
    client.markRead(one.id)
    if (one.marked_unread) await keep(one, { marked_unread: false })
  }

  return (where: MouseEvent | HTMLElement, one: Conversation): void => menus.open(where, items(one), one.name)
}
