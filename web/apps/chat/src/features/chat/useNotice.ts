import type { Named, NoticeEntry } from '@hongyan/sdk'
import { useI18n } from '@/i18n'
import { useClient } from '@/app/client'
import { usePeriod } from './usePeriod'

/** What a notice says: facts of the log, in words. */
export function useNotice() {
  const { t, locale } = useI18n()
  const client = useClient()
  const period = usePeriod()

  const name = (who: Named | undefined): string => {
    if (!who) return ''
    return who.id === client.me.value?.id ? t('common.you') : client.nameOf(who.id) || who.name
  }
  const names = (people: readonly Named[]): string => new Intl.ListFormat(locale.value).format(people.map((one) => (one.id === client.me.value?.id ? t('chat.you') : name(one))))

  return function notice({ body, sender }: NoticeEntry): string {
    const by = name(sender)
    switch (body.type) {
      case 'befriended':
      case 'friend_asked':
      case 'group_dissolved':
        return t(`chat.notice.${body.type}`, { by })
      case 'group_created':
      case 'invited':
      case 'removed':
        return t(`chat.notice.${body.type}`, { by, people: names(body.people) })
      case 'muted':
        return t(body.seconds > 0 ? 'chat.notice.muted' : 'chat.notice.unmuted', { who: name(body.who), time: period(body.seconds) })
      case 'muted_all':
        return t(body.on ? 'chat.notice.muted_all' : 'chat.notice.unmuted_all', { by })
      case 'group_renamed':
        return t('chat.notice.group_renamed', { by, name: body.name })
      case 'announced':
        return t('chat.notice.announced', { by, text: body.text })
      case 'owner_changed':
        return t('chat.notice.owner_changed', { who: name(body.to) })
      case 'joined':
      case 'member_left':
      case 'join_asked':
        return t(`chat.notice.${body.type}`, { who: name(body.who) })
    }
  }
}
