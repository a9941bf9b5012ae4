import type { ConversationId, Invite } from '@hongyan/sdk'
import { useClient } from '@/app/client'
import { optimistic, useLoaded } from '../shared/useLoaded'

/** The links that let people into a group. */
export function useInvites(id: () => ConversationId) {
  const client = useClient()
  const { groups } = client.api
  const { data: invites, problem, reload } = useLoaded(id, (of) => groups.invites(of))

  return {
    invites,
    problem,
    reload,
    async create(limits: { expires_s: number, uses: number }): Promise<void> {
      const made = await groups.invite(id(), { expires_s: limits.expires_s || undefined, uses: limits.uses || undefined })
      invites.value = [made, ...(invites.value ?? [])]
    },
    revoke: (invite: Invite) =>
      optimistic(invites, (list) => list.filter((item) => item.id !== invite.id), () => groups.endInvite(id(), invite.id)),
    /** The whole address of an invite, whichever form the server gave. */
    linkOf: (invite: Invite) => new URL(invite.url || `/i/${invite.token}`, location.origin).href,
    nameOf: (account: number) => client.nameOf(account),
  }
}
