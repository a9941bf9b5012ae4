import { expect, it } from 'vitest'
import { decode, type Drafts, encode, withDraft } from './drafts'

const none: Drafts = new Map()

it.each([
  { draft: { text: 'hi' }, kept: true },
  { draft: { text: '  \n' }, kept: false },
  { draft: { text: '', quote: 3 }, kept: true },
  { draft: undefined, kept: false },
])('$draft is kept: $kept', ({ draft, kept }) => {
  const before = withDraft(none, 7, { text: 'old' })
  expect(withDraft(before, 7, draft).has(7)).toBe(kept)
})

it('comes back as it was stored', () => {
  const drafts = withDraft(withDraft(none, 1, { text: 'one' }), 2, { text: 'two', quote: 9 })
  expect(decode(encode(drafts))).toEqual(drafts)
})

it.each([null, '', 'nonsense', '{}', '[1,[2],["x",{"text":"y"}],[3,{"text":1}],[4,null]]'])('reads nothing out of %j', (stored) => {
  expect(decode(stored).size).toBe(0)
})

it('drops the oldest beyond a hundred', () => {
  let drafts = none
  for (let id = 1; id <= 101; id++) drafts = withDraft(drafts, id, { text: 'x' })
  expect([drafts.size, drafts.has(1), drafts.has(101)]).toEqual([100, false, true])
})
