import type { Entry, MessageBody } from '@hongyan/sdk'
import { useI18n } from '@/i18n'
import { useClient } from '@/app/client'
import { useNotice } from '@/features/chat/useNotice'

/** One line for what was said. */
export function useBodyText() {
  const { t } = useI18n()
  return function said(body: MessageBody | null | undefined): string {
    if (!body) return ''
    switch (body.type) {
      case 'text':
      case 'other':
      case 'auto':
        return body.text.replace(/\s+/g, ' ')
      case 'file':
        return body.name ? t('conversations.file_named', { name: body.name }) : t('conversations.file')
      default:
        return t(`conversations.${body.type}`)
    }
  }
}

/** One line for an entry, as lists and notifications show it. */
export function useSummary() {
  const { t } = useI18n()
  const client = useClient()
  const notice = useNotice()
  const said = useBodyText()

  /** `named`: who said it comes first, as in groups. */
  return function summary(entry: Entry | null, named = false): string {
    if (entry?.kind === 'notice') return notice(entry)
    if (entry?.kind !== 'message') return ''
    const mine = entry.sender?.id === client.me.value?.id
    if (entry.revoked) return mine ? t('chat.revoked_mine') : t('chat.revoked', { name: entry.sender?.name ?? '' })
    const text = said(entry.body)
    if (!named || !entry.sender) return text
    return t('conversations.said', { name: mine ? t('common.you') : client.nameOf(entry.sender.id) || entry.sender.name, text })
  }
}
