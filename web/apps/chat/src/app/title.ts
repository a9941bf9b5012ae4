import { computed, watchEffect } from 'vue'
import { useI18n } from '@/i18n'
import { useRoute } from 'vue-router'
import { useClient, useWatch } from './client'

/** The window's title: how much is unread, where one is, and the badge of the installed app. */
export function useTitle(): void {
  const { t } = useI18n()
  const route = useRoute()
  const client = useClient()
  const totals = useWatch(client.totals)
  const me = useWatch(client.me)
  const unread = computed(() => (me.value ? totals.value.unread : 0))

  watchEffect(() => {
    const place = route.meta.title ? `${t(route.meta.title)} · ` : ''
    const count = unread.value > 0 ? `(${unread.value > 99 ? '99+' : unread.value}) ` : ''
    document.title = `${count}${place}${t('common.app')}`
  })
  watchEffect(() => {
    const done = unread.value > 0 ? navigator.setAppBadge?.(unread.value) : navigator.clearAppBadge?.()
    void done?.catch(() => undefined) // not installed, not allowed: the title has it too
  })
}
