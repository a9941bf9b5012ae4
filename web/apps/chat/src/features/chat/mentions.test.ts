import { expect, it } from 'vitest'
import { matching, queryAt } from './mentions'

it.each([
  ['@', ''],
  ['hi @an', 'an'],
  ['你好@小', '小'],
  ['mail@an', null],
  ['@an ', null],
  ['no', null],
  ['@@an', null],
  [`@${'x'.repeat(30)}`, null],
])('before the caret of %j stands %j', (text, query) => expect(queryAt(text, text.length)).toBe(query))

it('looks before the caret only', () => expect(queryAt('@ann and @bob', 3)).toBe('an'))

it('beginnings come first', () => {
  const all = ['Joann', 'Ann', 'Bob', 'anna'].map((name, id) => ({ id, name }))
  expect(matching(all, 'an').map((one) => one.name)).toEqual(['Ann', 'anna', 'Joann'])
  expect(matching(all, '')).toHaveLength(4)
})
