import { expect, it } from 'vitest'
import { sizeIn } from './sizes'

it.each([[0, '0 byte'], [1536, '1.5 kB'], [100 * 1024 ** 2, '100 MB'], [5 * 1024 ** 4, '5,120 GB']])('%i bytes: %s', (bytes, expected) => {
  expect(sizeIn(bytes, 'en')).toBe(expected)
})
