import type { GroupRole, Member } from '@hongyan/sdk'
import { describe, expect, it } from 'vitest'
import { byRank, mayRule, mutedFor, nameIn, rightsIn, span } from './rights'

function member(id: number, role: GroupRole, joined_ms = 0): Member {
  return { account: { id, uuid: '', name: `n${id}`, avatar: '', role: 'user' }, nickname: '', role, joined_ms }
}

describe('rightsIn', () => {
  it.each([
    ['owner', 'approval', 'normal', { manage: true, invite: true, appoint: true, leave: false }],
    ['manager', 'approval', 'normal', { manage: true, invite: true, appoint: false, leave: true }],
    ['member', 'approval', 'normal', { manage: false, invite: false, leave: true }],
    ['member', 'open', 'normal', { manage: false, invite: true }],
    ['manager', 'open', 'locked', { manage: false, invite: false, leave: true }],
  ] as const)('%s, %s, %s', (role, join_policy, status, expected) => {
    expect(rightsIn({ role, join_policy, status })).toMatchObject(expected)
  })
})

describe('members', () => {
  it('stand by rank, then by when they joined', () => {
    const list = [member(4, 'member', 9), member(3, 'member', 5), member(2, 'manager', 7), member(1, 'owner', 8)]
    expect(byRank(list).map((m) => m.account.id)).toEqual([1, 2, 3, 4])
  })
  it.each([
    ['owner', 'manager', true], ['owner', 'owner', false], ['manager', 'member', true],
    ['manager', 'manager', false], ['member', 'member', false],
  ] as const)('%s over %s: %s', (mine, theirs, expected) => expect(mayRule(mine, { role: theirs })).toBe(expected))
  it('the remark goes before the nickname, that before the name', () => {
    const ann = { ...member(1, 'member'), nickname: 'boss' }
    expect([nameIn(ann, 'sis'), nameIn(ann), nameIn(member(2, 'member'))]).toEqual(['sis', 'boss', 'n2'])
  })
})

describe('times', () => {
  it.each([
    [1, { unit: 'minutes', n: 1 }], [600, { unit: 'minutes', n: 10 }], [3600, { unit: 'hours', n: 1 }],
    [3601, { unit: 'hours', n: 2 }], [86_400, { unit: 'days', n: 1 }], [604_800, { unit: 'days', n: 7 }],
  ])('%i s', (seconds, expected) => expect(span(seconds)).toEqual(expected))
  it.each([[undefined, 5, 0], [5, 5, 0], [1005, 5, 1]])('muted until %s at %s', (until, now, expected) => {
    expect(mutedFor(until, now)).toBe(expected)
  })
})
