import type { AccountId, ConversationId } from '@hongyan/sdk'
import { useClient } from '@/app/client'
import { optimistic, useLoaded } from '../shared/useLoaded'
import { useChanged } from './useChanged'

/** Who waits to be let into a group. */
export function useJoinRequests(id: () => ConversationId) {
  const client = useClient()
  const { groups } = client.api
  const { data: requests, problem, reload } = useLoaded(id, (of) => groups.requests(of))
  useChanged(id, reload)

  return {
    requests,
    problem,
    reload,
    decide: (answer: 'accept' | 'refuse', account: AccountId) =>
      optimistic(requests, (list) => list.filter((item) => item.account.id !== account), () => groups[answer](id(), account)),
  }
}
