import { expect, it } from 'vitest'
import { isJumbo, partsOf } from './text'

const short = (text: string, names: string[] = []) =>
  partsOf(text, names).map((part) => (part.kind === 'link' ? `<${part.text}>` : part.kind === 'mention' ? `{${part.text}}` : part.text)).join('')

it.each([
  ['no link', 'no link'],
  ['see https://a.example/x?y=1#z.', 'see <https://a.example/x?y=1#z>.'],
  ['(http://a.example/b)', '(<http://a.example/b>)'],
  ['https://a.example/wiki_(x)', '<https://a.example/wiki_(x)>'],
  ['看https://a.example/路径，好', '看<https://a.example/路径>，好'],
  ['javascript:alert(1) data:text/html,x', 'javascript:alert(1) data:text/html,x'],
  ['https://', 'https://'],
  ['<b>https://a.example</b>', '<b><https://a.example></b>'],
  ['http://a.example http://b.example', '<http://a.example> <http://b.example>'],
])('%s', (text, parts) => expect(short(text)).toBe(parts))

it.each([
  ['hi @Ann', ['Ann'], 'hi {@Ann}'],
  ['@Ann Lee @Ann', ['Ann', 'Ann Lee'], '{@Ann Lee} {@Ann}'],
  ['@Bob', ['Ann'], '@Bob'],
  ['a@Ann https://x.example/@Ann', ['Ann'], 'a{@Ann} <https://x.example/@Ann>'],
])('%s with %j', (text, names, parts) => expect(short(text, names)).toBe(parts))

it.each([['👍', true], [' 👨‍👩‍👧🇨🇳 ', true], ['👨‍👩‍👧🇨🇳', true], ['👍👍👍👍', false], ['ok 👍', false], ['12', false], ['', false]])(
  'is %j large: %s', (text, large) => expect(isJumbo(text)).toBe(large),
)
