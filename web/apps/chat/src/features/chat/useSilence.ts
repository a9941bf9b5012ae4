import type { Conversation } from '@hongyan/sdk'
import { computed, onScopeDispose, type Ref, shallowRef } from 'vue'
import { useI18n } from '@/i18n'
import { useTimes } from './useTimes'

/** Why one may not write in a conversation now; empty when one may. */
export function useSilence(conversation: Readonly<Ref<Conversation>>) {
  const { t } = useI18n()
  const times = useTimes()
  const now = shallowRef(Date.now())
  const tick = setInterval(() => (now.value = Date.now()), 5000)
  onScopeDispose(() => clearInterval(tick))

  return computed(() => {
    const group = conversation.value.group
    if (!group) return ''
    if (group.status === 'locked') return t('chat.locked')
    const until = group.muted_until_ms ?? 0
    if (until > now.value) return t('chat.muted', { time: `${times.day(until)} ${times.time(until)}` })
    return group.mute_all && group.role === 'member' ? t('chat.muted_all') : ''
  })
}
