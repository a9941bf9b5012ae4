import { expect, it } from 'vitest'
import { findEmoji, GROUPS } from './emoji'

const all = GROUPS.flatMap((group) => group.emoji)

it('each emoji stands there once, has words, and is a single character to its reader', () => {
  const segments = new Intl.Segmenter()
  expect(new Set(all.map((one) => one.char)).size).toBe(all.length)
  for (const { char, words } of all) {
    expect([...segments.segment(char)], char).toHaveLength(1)
    expect(words, char).toMatch(/^\S.*\p{Script=Han}/u)
    expect(new TextEncoder().encode(char).length, char).toBeLessThanOrEqual(32)
  }
})

it.each([['thumbs', '👍'], ['赞', '👍'], ['FIRE', '🔥'], ['火', '🔥'], ['🐶', '🐶'], ['pandas', undefined], [' ', undefined]])('%j finds %s first', (query, first) => {
  expect(findEmoji(query)[0]?.char).toBe(first)
})
