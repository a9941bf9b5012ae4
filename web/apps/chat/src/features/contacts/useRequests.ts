import type { FriendRequest } from '@hongyan/sdk'
import { computed, shallowRef } from 'vue'
import { useClient, useWatch } from '@/app/client'

/** Friend requests, those that wait first, then the newest. */
export function useRequests() {
  const client = useClient()
  const requests = useWatch(client.requests)
  const me = useWatch(client.me)
  const problem = shallowRef<unknown>(null)

  async function load(): Promise<void> {
    problem.value = null
    await client.loadRequests().catch((cause: unknown) => { problem.value = cause })
  }
  if (requests.value === null) void load()

  const received = computed(() => sorted(requests.value ?? [], (request) => request.to.id === me.value?.id))
  const sent = computed(() => sorted(requests.value ?? [], (request) => request.from.id === me.value?.id))

  return {
    problem,
    load,
    ready: computed(() => requests.value !== null),
    received,
    sent,
    waiting: computed(() => received.value.filter((request) => request.state === 'pending').length),
    accept: (request: FriendRequest, remark?: string) => client.accept(request.id, remark || undefined),
    refuse: (request: FriendRequest) => client.refuse(request.id),
  }
}

function sorted(requests: readonly FriendRequest[], mine: (request: FriendRequest) => boolean): FriendRequest[] {
  const waits = (request: FriendRequest) => (request.state === 'pending' ? 1 : 0)
  return requests.filter(mine).sort((a, b) => waits(b) - waits(a) || b.created_ms - a.created_ms)
}
