import { describe, expect, it } from 'vitest'
import { excerpt, pieces } from './highlight'

/** The pieces as one text, hits in brackets. */
const marked = (text: string, query: string): string =>
  pieces(text, query).map((piece) => (piece.hit ? `[${piece.text}]` : piece.text)).join('')

describe('pieces', () => {
  it.each([
    ['hello', '', 'hello'],
    ['', 'x', ''],
    ['Hello hello', 'hel', '[Hel]lo [hel]lo'],
    ['明天见', '天', '明[天]见'],
    ['a.b axb', 'a.b', '[a.b] axb'],
    ['one two', 'two one', '[one] [two]'],
    ['category', 'cat category', '[category]'],
    ['(x)', '(', '[(]x)'],
  ])('%s ? %s', (text, query, expected) => expect(marked(text, query)).toBe(expected))
})

describe('excerpt', () => {
  it('a short text stays', () => expect(excerpt('a  b\nc', 'c')).toBe('a b c'))
  it('a late hit comes into sight', () => {
    const text = `${'x'.repeat(100)} needle ${'y'.repeat(300)}`
    expect(excerpt(text, 'needle', 10, 40)).toBe(`…${'x'.repeat(9)} needle ${'y'.repeat(23)}…`)
  })
})
