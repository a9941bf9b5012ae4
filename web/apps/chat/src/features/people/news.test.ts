import type { Contact, FriendRequest, Person, Profile, Relation } from '@hongyan/sdk'
import { describe, expect, it } from 'vitest'
import { withNews } from './news'

const person = (id: number): Person => ({ id, uuid: `u${id}`, name: `n${id}`, avatar: '', role: 'user' })
const relation: Relation = { friend: true, remark: 'old', starred: true, blocked: false, shows_me: true, shows_them: true, requested: 'none' }
const profile: Profile = { ...person(2), relation }
const contact: Contact = { account: person(2), remark: 'new', starred: false, blocked: true, shows_me: true, shows_them: false, initial: 'N', created_ms: 0 }
const request = (id: number, from: number, to: number, state: FriendRequest['state']): FriendRequest =>
  ({ id, from: person(from), to: person(to), text: '', state, created_ms: 0 })

describe('withNews', () => {
  it.each([
    ['lists that are not here say nothing', null, null, relation],
    ['a contact that changed', [contact], null, { friend: true, remark: 'new', starred: false, blocked: true, shows_them: false }],
    ['friends no more', [], null, { friend: false, remark: '', starred: false }],
    ['an open request of theirs', null, [request(7, 2, 1, 'pending')], { requested: 'received', request: 7 }],
    ['an open request of mine', null, [request(8, 1, 2, 'pending')], { requested: 'sent', request: 8 }],
    ['a decided request is none', null, [request(9, 2, 1, 'refused')], { requested: 'none', request: undefined }],
  ])('%s', (_, contacts, requests, expected) => {
    expect(withNews(profile, contacts, requests).relation).toMatchObject(expected)
  })
})
