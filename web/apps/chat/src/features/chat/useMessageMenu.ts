import type { MessageEntry } from '@hongyan/sdk'
import { IconCopy, IconDelete, IconEdit, IconForward, IconPeople, IconReact, IconReply, IconUndo, type MenuItem, useDialogs, useMenus, useToasts } from '@hongyan/ui'
import { useI18n } from '@/i18n'
import { useClient } from '@/app/client'
import { useProblems } from '@/app/problems'
import { useMessages } from './messages'
import { type Deed, deedsOf } from './rights'
import { useReacting } from './useReacting'

/** Everything one can do with a message, as far as one may. */
export function useMessageMenu() {
  const { t } = useI18n()
  const client = useClient()
  const menus = useMenus()
  const dialogs = useDialogs()
  const toasts = useToasts()
  const problems = useProblems()
  const { conversation, edit, log, me, reply } = useMessages()
  const { openQuick } = useReacting()

  function items(entry: MessageEntry, from: HTMLElement): MenuItem[] {
    const all: Record<Deed, MenuItem> = {
      react: { label: t('chat.react'), icon: IconReact, run: () => void openQuick(from, entry) },
      reply: { label: t('chat.reply'), icon: IconReply, run: () => reply(entry) },
      copy: { label: t('chat.copy_text'), icon: IconCopy, run: () => void copy(entry) },
      forward: { label: t('chat.forward'), icon: IconForward, run: () => void forward(entry) },
      edit: { label: t('chat.edit'), icon: IconEdit, run: () => edit(entry) },
      receipts: { label: t('chat.receipts'), icon: IconPeople, run: () => void receipts(entry) },
      revoke: { label: t('chat.revoke'), icon: IconUndo, run: () => void problems.attempt(() => log.revoke(entry.seq)) },
      delete_me: { label: t('chat.delete_me'), icon: IconDelete, danger: true, run: () => void remove(entry, 'me') },
      delete_all: { label: t('chat.delete_all'), icon: IconDelete, danger: true, run: () => void remove(entry, 'all') },
    }
    return deedsOf(entry, { me: me.value, conversation: conversation.value, settings: client.settings.value, now: Date.now() }).map((deed) => all[deed])
  }

  async function copy({ body }: MessageEntry): Promise<void> {
    if (!body || !('text' in body)) return
    await navigator.clipboard?.writeText(body.text)
    toasts.show(t('common.copied'))
  }

  async function forward({ seq }: MessageEntry): Promise<void> {
    const to = await dialogs.open<number[]>(() => import('./ForwardDialog.vue'))
    if (to && (await problems.attempt(() => log.forward([seq], to)))) toasts.show(t('chat.forwarded_done'))
  }

  async function receipts({ seq }: MessageEntry): Promise<void> {
    await dialogs.open(() => import('@/features/groups/ReceiptsDialog.vue'), { conversation: log.id, seq })
  }

  async function remove({ seq }: MessageEntry, whose: 'me' | 'all'): Promise<void> {
    const sure = await dialogs.confirm({
      title: t('chat.delete_title'),
      text: t(`chat.delete_${whose}_text`),
      action: t('common.delete'),
      danger: true,
    })
    if (sure) await problems.attempt(() => log.remove(seq, whose))
  }

  return (where: MouseEvent | HTMLElement, entry: MessageEntry): void => {
    const target = where instanceof HTMLElement ? where : where.target
    if (target instanceof Element && where instanceof MouseEvent && target.closest('a')) return // the browser's own menu for links
    const from = target instanceof HTMLElement ? (target.closest<HTMLElement>('[role=article]') ?? target) : document.body
    menus.open(where, items(entry, from), t('chat.menu'))
  }
}
