import { expect, test } from 'vitest'
import type { ChangeEntry, Entry, MessageBody, MessageEntry } from '../src'
import * as log from '../src/log'

const text = (words: string): MessageBody => ({ type: 'text', text: words })
const base = (seq: number) => ({ id: 100 + seq, conversation: 7, seq, created_ms: seq, changed_seq: 0 })
const said = (seq: number, more: Partial<MessageEntry> = {}): MessageEntry => ({
  ...base(seq),
  kind: 'message',
  sender: { id: 1, name: 'ann', avatar: '' },
  body: text(`m${seq}`),
  ...more,
})
const change = (seq: number, body: ChangeEntry['body'], by = 2): ChangeEntry => ({
  ...base(seq),
  kind: 'change',
  sender: { id: by, name: 'bob', avatar: '' },
  body,
})
const upTo = (last: number, first = 1): Entry[] => Array.from({ length: last - first + 1 }, (_, i) => said(first + i))
const page = (items: Entry[], last_seq: number, first_seq = 1) => ({ items, last_seq, first_seq })
const seqs = (now: log.Log) => now.entries.map((entry) => entry.seq)

test('what comes next is appended, twice is once, too early is held until the hole is filled', () => {
  // what is heard after 1..3, what the window shows, what has to be asked for
  const cases: [number[], number[], log.Hole | null][] = [
    [[4, 5], [1, 2, 3, 4, 5], null],
    [[3, 4, 4], [1, 2, 3, 4], null],
    [[5], [1, 2, 3], { after: 3, before: 5 }],
    [[6, 5, 6], [1, 2, 3], { after: 3, before: 5 }],
    [[6, 5, 4], [1, 2, 3, 4, 5, 6], null],
    [[4, 8, 6], [1, 2, 3, 4], { after: 4, before: 6 }],
  ]
  for (const [heard, shown, hole] of cases) {
    const now = heard.map((seq) => said(seq)).reduce(log.apply, log.fromPage(7, page(upTo(3), 3), 'end'))
    expect(seqs(now)).toEqual(shown)
    expect(log.hole(now)).toEqual(hole)
  }
})

test('a change does to its message what it says', () => {
  const cases: [MessageEntry, ChangeEntry['body'], Partial<MessageEntry> | { kind: 'gone' }][] = [
    [said(1), { type: 'edited', of: 1, body: text('new') }, { body: text('new'), edited_ms: 9, changed_seq: 9 }],
    [said(1), { type: 'reacted', of: 1, emoji: '👍', on: true }, { reactions: [{ emoji: '👍', accounts: [2] }] }],
    [said(1, { reactions: [{ emoji: '👍', accounts: [2] }] }), { type: 'reacted', of: 1, emoji: '👍', on: false }, { body: text('m1') }],
    [said(1, { reactions: [{ emoji: '👍', accounts: [3] }] }), { type: 'revoked', of: 1 }, { revoked: true, changed_seq: 9 }],
    [said(1), { type: 'deleted', of: 1 }, { kind: 'gone' }],
  ]
  for (const [entry, body, expected] of cases) expect(log.changed(entry, change(9, body))).toMatchObject(expected)
  const revoked = log.changed(said(1), change(9, { type: 'revoked', of: 1 }))
  expect(revoked).not.toHaveProperty('body')
  const silent = log.reacted(said(1, { reactions: [{ emoji: '👍', accounts: [2] }] }), 2, '👍', false)
  expect(silent).not.toHaveProperty('reactions')
})

test('an entry that shows a newer change already keeps it', () => {
  const newer = said(1, { body: text('second'), changed_seq: 8 })
  expect(log.changed(newer, change(5, { type: 'edited', of: 1, body: text('first') }))).toBe(newer)
  expect(log.changed(newer, change(8, { type: 'edited', of: 1, body: text('second') }))).toBe(newer)
  expect(log.changed(newer, change(9, { type: 'edited', of: 1, body: text('third') }))).toMatchObject({ body: text('third') })
})

test('a page that was read before a change shows the change', () => {
  const stale = page(upTo(2), 4)
  const window = log.fromPage(7, page(upTo(4, 3), 4), 'end')
  const now = log.apply(window, change(5, { type: 'edited', of: 2, body: text('new') }))
  const whole = log.prepend(now, stale)
  expect(whole).not.toBe('stale')
  expect((whole as log.Log).entries[1]).toMatchObject({ body: text('new'), changed_seq: 5 })
  expect((whole as log.Log).atStart).toBe(true)
})

test('what was deleted for me goes, and comes back by no page', () => {
  const gone: Entry = { ...base(2), kind: 'gone' }
  const heard = log.apply(log.fromPage(7, page(upTo(3), 3), 'end'), gone)
  expect(heard.entries.map((entry) => entry.kind)).toEqual(['message', 'gone', 'message'])
  expect(log.refresh(heard, [said(2)])).toBe(heard)
  expect(log.forget(heard, 3).entries[2]).toMatchObject({ seq: 3, kind: 'gone' })
})

test('what was cleared goes, and what comes later is shown', () => {
  const now = log.fromPage(7, page(upTo(5), 5), 'end')
  expect(seqs(log.clear(now, 4))).toEqual([4, 5])
  const empty = log.clear(now, 6)
  expect([seqs(empty), empty.atStart, empty.atEnd]).toEqual([[], true, true])
  expect(seqs(log.apply(empty, said(6)))).toEqual([6])
})

test('a shortened window says at which end it was cut', () => {
  const now = log.fromPage(7, page(upTo(9), 9), 'end')
  const older = log.trim(now, 3, 'older')
  expect([seqs(older), older.atStart, older.atEnd]).toEqual([[1, 2, 3], true, false])
  expect(seqs(log.apply(older, said(10)))).toEqual([1, 2, 3])
  const newer = log.trim(now, 3, 'newer')
  expect([seqs(newer), newer.atStart, newer.atEnd]).toEqual([[7, 8, 9], false, true])
  const again = log.append(older, page(upTo(9, 4), 9)) as log.Log
  expect([seqs(again).length, again.atEnd]).toEqual([9, true])
})

test('a hole in what may be seen is no hole once the server has answered', () => {
  const now = log.reaches(log.fromPage(7, page(upTo(3), 3), 'end'), 8)
  const filled = log.fill(now, 3, [said(6), said(7)], 7)
  expect(seqs(filled)).toEqual([1, 2, 3, 6, 7])
  expect(log.hole(filled)).toEqual({ after: 7, before: 9 })
  expect(log.hole(log.fill(filled, 7, [], 8))).toBeNull()
})

test('a window that begins anew keeps what was told since its page was read', () => {
  const now = upTo(6, 4).reduce(log.apply, log.fromPage(7, page(upTo(3), 3), 'end'))
  const replaced = log.replace(now, page(upTo(5, 3), 5), 'end')
  expect([seqs(replaced), replaced.told]).toEqual([[3, 4, 5, 6], 6])
})
