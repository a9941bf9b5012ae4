import type { Conversation, MessageEntry, ServerSettings } from '@hongyan/sdk'
import { expect, it } from 'vitest'
import { deedsOf } from './rights'

const settings = { edit_window_ms: 900, revoke_window_ms: 120 } as ServerSettings
const direct = { kind: 'direct' } as Conversation
const group = (role: string) => ({ kind: 'group', group: { role } }) as Conversation
const said = (by: number, body: unknown = { type: 'text', text: 'x' }) =>
  ({ kind: 'message', seq: 1, created_ms: 1000, sender: { id: by, name: '', avatar: '' }, body }) as MessageEntry

it.each([
  { what: 'mine at once', entry: said(1), conversation: direct, now: 1119, may: ['edit', 'revoke', 'delete_all'] },
  { what: 'mine later', entry: said(1), conversation: direct, now: 1120, may: ['edit', 'delete_all'] },
  { what: 'mine much later', entry: said(1), conversation: direct, now: 1900, may: ['delete_all'] },
  { what: 'theirs', entry: said(2), conversation: direct, now: 1001, may: [] },
  { what: 'a member about mine', entry: said(1), conversation: group('member'), now: 9999, may: ['receipts', 'delete_all'] },
  { what: 'a manager about theirs', entry: said(2), conversation: group('manager'), now: 9999, may: ['revoke', 'delete_all'] },
  { what: 'a picture of mine', entry: said(1, { type: 'image', url: '/x' }), conversation: direct, now: 1001, may: ['revoke', 'delete_all'] },
])('$what', ({ entry, conversation, now, may }) => {
  const always = ['react', 'reply', 'copy', 'forward', 'delete_me']
  expect(deedsOf(entry, { me: 1, conversation, settings, now }).filter((deed) => !always.includes(deed))).toEqual(may)
})

it('what cannot be sent cannot be forwarded', () => {
  const deeds = deedsOf(said(2, { type: 'other', text: 'x' }), { me: 1, conversation: direct, settings, now: 1000 })
  expect(deeds).toEqual(['react', 'reply', 'copy', 'delete_me'])
})
