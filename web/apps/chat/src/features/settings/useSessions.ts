import type { SessionInfo } from '@hongyan/sdk'
import { computed } from 'vue'
import { useClient } from '@/app/client'
import { optimistic, useLoaded } from '../shared/useLoaded'

/** Where the account is signed in. */
export function useSessions() {
  const { sessions } = useClient().api
  const { data, problem, reload } = useLoaded(() => 0, () => sessions.list())

  return {
    problem,
    reload,
    ready: computed(() => data.value !== null),
    current: computed(() => data.value?.find((session) => session.current)),
    others: computed(() => (data.value ?? []).filter((session) => !session.current).sort((a, b) => b.seen_ms - a.seen_ms)),
    end: (session: SessionInfo) =>
      optimistic(data, (list) => list.filter((item) => item.id !== session.id), () => sessions.end(session.id)),
    endOthers: () => optimistic(data, (list) => list.filter((item) => item.current), () => sessions.endOthers()),
  }
}
