import type { Conversation } from '@hongyan/sdk'
import { computed, onScopeDispose, type Ref, watch } from 'vue'
import { useClient, useWatch } from '@/app/client'

/** The server takes 500 in all; the newest conversations are the ones looked at. */
const WATCHED = 200

/** Watches who of the people in direct conversations is there; answers whether one is. */
export function useFaces(list: Readonly<Ref<readonly Conversation[] | null>>) {
  const client = useClient()
  const presence = useWatch(client.presence)
  const peers = computed(() => (list.value ?? []).slice(0, WATCHED).flatMap((one) => (one.peer ? [one.peer.id] : [])).sort((a, b) => a - b))
  let stop = () => {}
  watch(() => peers.value.join(), () => {
    stop()
    stop = client.watchPresence(peers.value)
  }, { immediate: true })
  onScopeDispose(() => stop())

  return (one: Conversation): boolean => one.peer !== undefined && presence.value.get(one.peer.id)?.online === true
}
