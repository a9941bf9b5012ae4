import { expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import en from './en'
import { type Texts, textAt } from './texts'
import zh from './zh'

it('finds a text by its way, and nothing else', () => {
  const texts = { a: { b: 'x' } }
  expect(['a.b', 'a', 'a.c', 'a.b.c', 'toString', 'a.constructor'].map((key) => textAt(texts, key))).toEqual(['x', ...Array(5)])
})

const keys = (texts: Texts, before = ''): string[] =>
  Object.entries(texts).flatMap(([key, text]) => (typeof text === 'string' ? [before + key] : keys(text, `${before}${key}.`)))
const names = (text: string | undefined) => [...new Set(text?.match(/\{\w+\}/g) ?? [])].sort()

it('both languages say the same things', () => expect(keys(zh).sort()).toEqual(keys(en).sort()))

it.each(keys(en))('%s takes the same values in both languages', (key) => {
  const [one, other] = [names(textAt(en, key)), names(textAt(zh, key))]
  expect(other.filter((name) => !one.includes(name))).toEqual([])
})

it.each([['en', en], ['zh', zh]] as const)('every text of %s can be read', (locale, messages) => {
  const { t } = createI18n({ legacy: false, locale, messages: { [locale]: messages } }).global
  const unreadable = keys(messages).filter((key) => t(key, { n: 1, name: 'x' }) === key)
  expect(unreadable).toEqual([])
})

const sources = import.meta.glob<string>('../**/*.{vue,ts}', { eager: true, query: '?raw', import: 'default' })

it('every text that is asked for is there', () => {
  const asked = Object.entries(sources).filter(([path]) => !path.includes('.test.'))
    .flatMap(([path, source]) => [...source.matchAll(/\bt\('([\w.]+)'/g)].map((match) => `${path} ${match[1]}`))
  expect(asked.length).toBeGreaterThan(100)
  expect(asked.filter((one) => textAt(en, one.split(' ')[1]!) === undefined)).toEqual([])
})
