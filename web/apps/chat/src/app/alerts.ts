import type { ClientEvents } from '@hongyan/sdk'
import { onScopeDispose } from 'vue'
import { useI18n } from '@/i18n'
import { useRoute, useRouter } from 'vue-router'
import { useSummary } from '@/features/conversations/useSummary'
import { useClient } from './client'
import { isAttended, mayNotify, notify } from './notifications'
import { usePreferences } from './preferences'
import { chime } from './sound'

/** Tabs in the background let one that is looked at go first. */
const AFTER_YOU_MS = 200
const CLAIMED = 'hongyan.alerted'

/** A sound and a notification for what others say, once, however many tabs are open. */
export function useAlerts(): void {
  const { t } = useI18n()
  const client = useClient()
  const route = useRoute()
  const router = useRouter()
  const preferences = usePreferences()
  const summary = useSummary()

  async function alert({ entry, conversation }: ClientEvents['message']): Promise<void> {
    const me = client.me.value?.id ?? 0
    const meant = entry.mention_all || entry.mentions?.includes(me)
    if (conversation?.quiet && !meant) return
    if (!isAttended()) await new Promise((resolve) => setTimeout(resolve, AFTER_YOU_MS))
    if (!(await claim(entry.id))) return
    const path = `/c/${entry.conversation}`
    const looking = isAttended() && route.path.startsWith(path)
    if (looking) return
    if (preferences.value.sound) chime()
    if (isAttended() || !preferences.value.notifications || !mayNotify()) return
    const title = conversation?.name || entry.sender?.name || t('common.app')
    const text = preferences.value.preview ? summary(entry, conversation?.kind === 'group') : t('common.new_message')
    await notify({ title, text, path, icon: conversation?.avatar, go: () => void router.push(path) })
  }

  onScopeDispose(client.on('message', (event) => void alert(event)))
}

/** Whether this tab is the first that alerts about `entry`. */
async function claim(entry: number): Promise<boolean> {
  const take = (): boolean => {
    if (Number(localStorage.getItem(CLAIMED)) >= entry) return false
    localStorage.setItem(CLAIMED, String(entry))
    return true
  }
  return navigator.locks ? navigator.locks.request(CLAIMED, take) : take() // no locks without https
}
