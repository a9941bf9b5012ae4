import type { Group, GroupRole, Member } from '@hongyan/sdk'

/** What the caller may do in a group. The server decides; this only says what is worth offering. */
export interface Rights {
  /** Rename, picture, announcement, join policy, mute all, requests. */
  manage: boolean
  invite: boolean
  appoint: boolean
  transfer: boolean
  dissolve: boolean
  leave: boolean
}

export function rightsIn(group: Pick<Group, 'role' | 'join_policy' | 'status'>): Rights {
  const owner = group.role === 'owner'
  const manage = group.role !== 'member' && group.status === 'normal'
  return {
    manage,
    invite: group.status === 'normal' && (manage || group.join_policy === 'open'),
    appoint: owner,
    transfer: owner,
    dissolve: owner,
    leave: !owner,
  }
}

const RANK: Record<GroupRole, number> = { owner: 2, manager: 1, member: 0 }

/** Whether somebody of `mine` may remove or mute `member`: only who stands lower. */
export function mayRule(mine: GroupRole, member: Pick<Member, 'role'>): boolean {
  return RANK[mine] > RANK[member.role]
}

/** Owner, managers, then the others as they joined. */
export function byRank(members: readonly Member[]): Member[] {
  return [...members].sort((a, b) => RANK[b.role] - RANK[a.role] || a.joined_ms - b.joined_ms || a.account.id - b.account.id)
}

/** What a member is called here: the remark the caller keeps, else the name in the group, else the own name. */
export function nameIn(member: Member, remark?: string): string {
  return remark || member.nickname || member.account.name
}

/** Seconds that a mute may last; 0 ends it. */
export const MUTE_S = [600, 3600, 12 * 3600, 24 * 3600, 7 * 24 * 3600, 30 * 24 * 3600] as const

/** Seconds that an invite link may live; 0: for ever. */
export const EXPIRY_S = [0, 3600, 24 * 3600, 7 * 24 * 3600, 30 * 24 * 3600] as const

/** How often an invite link may be used; 0: without an end. */
export const USES = [0, 1, 5, 10, 50, 100] as const

/** A length of time in the largest unit that fits it: the texts have one for each. */
export function span(seconds: number): { unit: 'minutes' | 'hours' | 'days', n: number } {
  if (seconds >= 86_400) return { unit: 'days', n: Math.ceil(seconds / 86_400) }
  if (seconds >= 3600) return { unit: 'hours', n: Math.ceil(seconds / 3600) }
  return { unit: 'minutes', n: Math.max(1, Math.ceil(seconds / 60)) }
}

/** Whether somebody is muted at `now`, and for how many more seconds. */
export function mutedFor(untilMs: number | undefined, now: number): number {
  return untilMs !== undefined && untilMs > now ? Math.ceil((untilMs - now) / 1000) : 0
}
