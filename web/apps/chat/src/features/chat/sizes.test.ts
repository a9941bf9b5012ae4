import { expect, it } from 'vitest'
import { clockText, fit, sizeText } from './sizes'

it.each([[0, '0 byte'], [999, '999 byte'], [1400, '1 kB'], [1_440_000, '1.4 MB'], [3_000_000_000, '3 GB']])('%s is %s', (bytes, text) => {
  expect(sizeText(bytes, 'en')).toBe(text)
})

it.each([[0, '0:00'], [5400, '0:05'], [65_000, '1:05'], [3_600_000, '60:00']])('%s ms is %s', (ms, text) => expect(clockText(ms)).toBe(text))

it.each([
  [undefined, undefined, { width: 240, height: 180 }],
  [100, 100, { width: 100, height: 100 }],
  [4000, 1000, { width: 320, height: 80 }],
  [1000, 4000, { width: 80, height: 320 }],
  [10, 8000, { width: 64, height: 320 }],
])('%s × %s fits as %j', (width, height, box) => expect(fit(width, height, { width: 320, height: 320 })).toEqual(box))
