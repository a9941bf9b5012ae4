import type { AccountId, ConversationId, GroupPatch, Member, MemberPatch } from '@hongyan/sdk'
import { computed } from 'vue'
import { useClient, useWatch } from '@/app/client'
import { optimistic, useLoaded } from '../shared/useLoaded'
import { byRank, rightsIn } from './rights'
import { useChanged } from './useChanged'

/** A group and its members; changes show at once and go back when the server says no. */
export function useGroup(id: () => ConversationId) {
  const client = useClient()
  const me = useWatch(client.me)
  const { data: group, problem, reload: reloadGroup } = useLoaded(id, (of) => client.api.groups.get(of))
  const { data: members, reload: reloadMembers } = useLoaded(id, (of) => client.api.groups.members(of))
  const { groups } = client.api

  const reload = () => Promise.all([reloadGroup(), reloadMembers()])
  useChanged(id, reload)

  const withMember = (account: AccountId, change: (member: Member) => Member | null) => (list: Member[]) =>
    list.map((member) => (member.account.id === account ? change(member) : member)).filter((member) => member !== null)

  return {
    group,
    problem,
    reload,
    me,
    members: computed(() => members.value && byRank(members.value)),
    rights: computed(() => group.value && rightsIn(group.value)),
    update: (patch: GroupPatch) =>
      optimistic(group, (value) => ({ ...value, ...patch }), () => groups.update(id(), patch)),
    updateMine: (patch: { nickname?: string, alias?: string }) =>
      optimistic(group, (value) => ({ ...value, ...patch }), () => groups.updateMine(id(), patch)),
    async add(accounts: AccountId[]) {
      const answer = await groups.add(id(), accounts)
      await reload()
      return answer
    },
    remove: (account: AccountId) =>
      optimistic(members, withMember(account, () => null), () => groups.removeMember(id(), account)).then(reloadGroup),
    updateMember: (account: AccountId, patch: MemberPatch) =>
      optimistic(members, withMember(account, (member) => patched(member, patch)), () => groups.updateMember(id(), account, patch)),
    async transfer(account: AccountId): Promise<void> {
      group.value = await groups.setOwner(id(), account)
      await reloadMembers()
    },
    leave: () => groups.leave(id()),
    dissolve: () => groups.dissolve(id()),
  }
}

export type GroupHandle = ReturnType<typeof useGroup>

function patched(member: Member, patch: MemberPatch): Member {
  const role = patch.role ?? member.role
  if (patch.mute_s === undefined) return { ...member, role }
  return { ...member, role, muted_until_ms: patch.mute_s > 0 ? Date.now() + patch.mute_s * 1000 : undefined }
}
