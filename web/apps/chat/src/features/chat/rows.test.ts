import type { MessageEntry, Pending } from '@hongyan/sdk'
import { expect, it } from 'vitest'
import { type Row, rowsOf } from './rows'

const ME = 1
const NOON = new Date(2026, 4, 1, 12).getTime()
const MINUTE = 60_000

function said(seq: number, by: number, minutes: number, more: Partial<MessageEntry> = {}): MessageEntry {
  return {
    id: seq, conversation: 9, seq, kind: 'message', created_ms: NOON + minutes * MINUTE, changed_seq: 0,
    sender: { id: by, name: `p${by}`, avatar: '' }, body: { type: 'text', text: `m${seq}` }, ...more,
  }
}
const waiting = (clientId: string): Pending =>
  ({ clientId, conversation: 9, draft: { body: { type: 'text', text: 'x' } }, createdMs: NOON + MINUTE, state: 'sending' })

/** Rows in short: `[` begins a bubble's group, `]` ends it. */
const short = (rows: Row[]) =>
  rows.map((row) => {
    if (row.kind !== 'message' && row.kind !== 'pending') return row.kind
    return `${row.first ? '[' : ''}${row.key}${row.last ? ']' : ''}`
  }).join(' ')

const view = (entries: MessageEntry[], pending: Pending[] = [], atEnd = true) => ({ entries, pending, atEnd })

it.each([
  { name: 'nothing', entries: [], rows: '' },
  { name: 'one person is one group', entries: [said(1, 2, 0), said(2, 2, 1), said(3, 3, 2)], rows: 'day [s1 s2] [s3]' },
  { name: 'a pause parts', entries: [said(1, 2, 0), said(2, 2, 5)], rows: 'day [s1] [s2]' },
  { name: 'midnight parts', entries: [said(1, 2, 719), said(2, 2, 721)], rows: 'day [s1] day [s2]' },
  { name: 'what was taken back parts', entries: [said(1, 2, 0), said(2, 2, 0, { revoked: true }), said(3, 2, 0)], rows: 'day [s1] [s2] [s3]' },
])('$name', ({ entries, rows }) => expect(short(rowsOf(view(entries), ME, null))).toBe(rows))

it('marks what is unread, but not at the very top', () => {
  const entries = [said(1, 2, 0), said(2, 2, 1)]
  expect(short(rowsOf(view(entries), ME, 1))).toBe('day [s1] unread [s2]')
  expect(short(rowsOf(view(entries), ME, 0))).toBe('day [s1 s2]')
  expect(short(rowsOf(view(entries), ME, 2))).toBe('day [s1 s2]')
})

it('a message keeps its key when it arrives, and is not shown twice', () => {
  const before = rowsOf(view([said(1, ME, 0)], [waiting('a')]), ME, null)
  const both = rowsOf(view([said(1, ME, 0), said(2, ME, 1, { client_id: 'a' })], [waiting('a')]), ME, null)
  expect(short(before)).toBe('day [s1 ca]')
  expect(short(both)).toBe('day [s1 ca]')
})

it('what is on its way shows at the end only', () => {
  expect(short(rowsOf(view([said(1, 2, 0)], [waiting('a')], false), ME, null))).toBe('day [s1]')
})
