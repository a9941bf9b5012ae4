import type { AccountId, Presence } from '@hongyan/sdk'
import { computed, onScopeDispose, watch, type ComputedRef } from 'vue'
import { useClient, useWatch } from '@/app/client'

/** Who of `accounts` is online, as far as the caller may see it. */
export function usePresence(accounts: () => readonly AccountId[]): ComputedRef<ReadonlyMap<AccountId, Presence>> {
  const client = useClient()
  const presence = useWatch(client.presence)
  let stop = (): void => undefined
  watch(() => accounts().join(), () => {
    stop()
    stop = client.watchPresence(accounts())
  }, { immediate: true })
  onScopeDispose(() => stop())
  return computed(() => presence.value)
}
