import { expect, test } from 'vitest'
import type { ChangeEntry, Conversation, Entry, MessageEntry } from '../src'
import * as list from '../src/conversations'

const ME = 1
const base = (seq: number) => ({ id: 100 + seq, conversation: 7, seq, created_ms: 1000 + seq, changed_seq: 0 })
const said = (seq: number, by: number, more: Partial<MessageEntry> = {}): MessageEntry => ({
  ...base(seq),
  kind: 'message',
  sender: { id: by, name: 'x', avatar: '' },
  body: { type: 'text', text: `m${seq}` },
  ...more,
})
const change = (seq: number, body: ChangeEntry['body']): ChangeEntry => ({ ...base(seq), kind: 'change', body })
const talk = (more: Partial<Conversation> = {}): Conversation => ({
  id: 7,
  kind: 'direct',
  name: 'bob',
  avatar: '',
  peer: { id: 2, uuid: 'b', name: 'bob', avatar: '', role: 'user' },
  last_seq: 5,
  first_seq: 1,
  read_seq: 5,
  unread: 0,
  mentioned: false,
  marked_unread: false,
  pinned: false,
  quiet: false,
  hidden: false,
  last: said(5, 2),
  updated_ms: 1005,
  ...more,
})

test('an entry moves preview, order and unread, or the list says that it has to ask', () => {
  const cases: [Partial<Conversation>, Entry, Partial<Conversation> | 'ask'][] = [
    [{}, said(6, 2), { unread: 1, last_seq: 6, updated_ms: 1006, last: said(6, 2), mentioned: false }],
    [{}, said(6, ME), { unread: 0, last_seq: 6 }],
    [{ hidden: true }, said(6, 2), { hidden: false }],
    [{ unread: 999 }, said(6, 2), { unread: 999 }],
    [{}, said(6, 2, { mentions: [ME] }), { mentioned: true }],
    [{}, said(6, 2, { mention_all: true }), { mentioned: true }],
    [{}, said(6, ME, { mention_all: true }), { mentioned: false }],
    [{}, said(5, 2), { unread: 0, last_seq: 5 }],
    [{}, said(7, 2), 'ask'],
    [{}, said(6, 2, { conversation: 8 }), 'ask'],
    [{}, { ...base(6), kind: 'notice', body: { type: 'befriended' } }, { unread: 0, last_seq: 6, updated_ms: 1006 }],
    [{}, change(6, { type: 'edited', of: 5, body: { type: 'text', text: 'new' } }), { updated_ms: 1005, unread: 0 }],
    [{}, change(6, { type: 'revoked', of: 5 }), { last_seq: 6 }],
    [{}, change(6, { type: 'deleted', of: 5 }), 'ask'],
    [{ read_seq: 3, unread: 2 }, change(6, { type: 'revoked', of: 4 }), 'ask'],
  ]
  for (const [before, entry, expected] of cases) {
    const next = list.apply(list.conversations(ME, [talk(before)]), entry)
    if (expected === 'ask') expect(next).toBe('ask')
    else expect(next === 'ask' ? next : next.byId.get(7)).toMatchObject(expected)
  }
})

test('an edited preview shows its new words', () => {
  const next = list.apply(list.conversations(ME, [talk()]), change(6, { type: 'edited', of: 5, body: { type: 'text', text: 'new' } }))
  expect(next !== 'ask' && next.byId.get(7)?.last).toMatchObject({ seq: 5, body: { text: 'new' } })
})

test('read cursors only go forward', () => {
  const unread = { read_seq: 2, unread: 3, mentioned: true }
  const cases: [Partial<Conversation>, number, number, Partial<Conversation> | 'ask'][] = [
    [unread, ME, 5, { read_seq: 5, unread: 0, mentioned: false }],
    [unread, ME, 3, 'ask'],
    [unread, ME, 1, { read_seq: 2, unread: 3 }],
    [{ marked_unread: true }, ME, 5, { marked_unread: false }],
    [{ peer_read_seq: 4 }, 2, 3, { peer_read_seq: 4 }],
    [{ peer_read_seq: 2 }, 2, 3, { peer_read_seq: 3, peer_delivered_seq: 3 }],
  ]
  for (const [before, account, seq, expected] of cases) {
    const next = list.applyRead(list.conversations(ME, [talk(before)]), 7, account, seq)
    if (expected === 'ask') expect(next).toBe('ask')
    else expect(next === 'ask' ? next : next.byId.get(7)).toMatchObject(expected)
  }
})

test('pinned first, then newest activity; the inbox and hidden ones are left out', () => {
  const items = [
    talk({ id: 1, updated_ms: 10 }),
    talk({ id: 2, updated_ms: 30, hidden: true }),
    talk({ id: 3, updated_ms: 5, pinned: true }),
    talk({ id: 4, updated_ms: 20 }),
    talk({ id: 5, updated_ms: 40, kind: 'inbox' }),
  ]
  expect(list.ordered(list.conversations(ME, items)).map((item) => item.id)).toEqual([3, 4, 1])
})

test('totals count quiet conversations apart, and a mark as one', () => {
  const items = [talk({ unread: 3 }), talk({ unread: 2, quiet: true, mentioned: true }), talk({ marked_unread: true })]
  expect(list.totals(items)).toEqual({ unread: 4, quiet: 2, mentioned: true })
})

test('a list that is older than what was heard is asked for again', () => {
  const now = list.conversations(ME, [talk({ last_seq: 9 }), talk({ id: 8 }), talk({ id: 9, hidden: true })])
  const merged = list.merge(now, [talk({ last_seq: 8 }), talk({ id: 6 })], (item) => item.hidden)
  expect(merged.ask).toEqual([7])
  expect([...merged.list.byId.values()].map((item) => [item.id, item.last_seq]).sort()).toEqual([[6, 5], [7, 9], [9, 5]])
})

test('a new name is shown where no remark stands in its place', () => {
  const person = { id: 2, name: 'robert', avatar: '/r.png' }
  const names = ['bob', 'my friend'].map((name) => {
    const next = list.applyProfile(list.conversations(ME, [talk({ name })]), person)
    return next.byId.get(7)?.name
  })
  expect(names).toEqual(['robert', 'my friend'])
})
