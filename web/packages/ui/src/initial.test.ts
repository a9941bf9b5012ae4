import { expect, it } from 'vitest'
import { hueOf, initialOf } from './initial'

it.each([
  ['ann', 'A'],
  ['  王小明', '王'],
  ['👩‍👩‍👧 family', '👩‍👩‍👧'],
  ['', '?'],
])('the initial of %j is %s', (name, initial) => expect(initialOf(name)).toBe(initial))

it('gives everybody a colour, and always the same', () => {
  const hues = Array.from({ length: 200 }, (_, id) => hueOf(id))
  expect(new Set(hues).size).toBe(8)
  expect(hueOf(42)).toBe(hueOf(42))
})
