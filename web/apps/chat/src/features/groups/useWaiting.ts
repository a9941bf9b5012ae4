import type { ConversationId } from '@hongyan/sdk'
import { computed, type ComputedRef } from 'vue'
import { useClient } from '@/app/client'
import { useLoaded } from '../shared/useLoaded'
import { useChanged } from './useChanged'

/** How many wait to be let in; asks for nothing while `group` is null. */
export function useWaiting(group: () => ConversationId | null): ComputedRef<number> {
  const client = useClient()
  const { data, reload } = useLoaded(group, async (id) => (id === null ? [] : client.api.groups.requests(id)))
  useChanged(group, reload)
  return computed(() => data.value?.length ?? 0)
}
