/// <reference types="vite/client" />
import { expect, test } from 'vitest'
import text from '../../../../docs/openapi.json?raw'
import { matches, routes, type Document, type Schema } from '../src/openapi'
import { curl, example, limits, resolve, typeOf } from '../src/schema'

const api = JSON.parse(text) as Document
const route = (method: string, path: string) => {
  const found = routes(api).find((one) => one.method === method && one.path === path)
  if (!found) throw new Error(`${method} ${path}`)
  return found
}

test('a type is said in a few words', () => {
  const cases: [Schema, string][] = [
    [{ type: 'integer' }, 'integer'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ type: 'array', items: { $ref: '#/components/schemas/Entry' } }, 'Entry[]'],
    [{ type: 'array', items: { enum: ['a', 'b'] } }, '("a" | "b")[]'],
    [{ oneOf: [{ $ref: '#/components/schemas/Entry' }, { type: 'null' }] }, 'Entry | null'],
  ]
  for (const [schema, words] of cases) expect(typeOf(schema)).toBe(words)
})

test('bounds are said where there are any', () => {
  const cases: [Schema, string][] = [
    [{ type: 'integer', format: 'int64' }, ''],
    [{ minimum: 1, maximum: 200, default: 50 }, '1 – 200, default 50'],
    [{ minLength: 1, maxLength: 5 }, '1 – 5 characters'],
    [{ maxItems: 9 }, '≤ 9 items'],
    [{ minimum: 0 }, '≥ 0'],
  ]
  for (const [schema, words] of cases) expect(limits(schema)).toBe(words)
})

test('parts of an object are shown as one', () => {
  const me = resolve(api, { $ref: '#/components/schemas/Me' })
  expect(Object.keys(me.properties ?? {})).toEqual(expect.arrayContaining(['uuid', 'username', 'bio']))
})

test('every operation has an example that ends', () => {
  for (const one of routes(api)) {
    expect(curl(api, one, 'http://here')).toContain(`'http://here/v1/`)
    const schemas = [one.operation.requestBody, ...Object.values(one.operation.responses)]
    for (const answer of schemas) {
      for (const { schema } of Object.values(answer?.content ?? {})) if (schema) expect(() => example(api, schema)).not.toThrow()
    }
  }
})

test('an example can be pasted into a terminal', () => {
  expect(curl(api, route('post', '/v1/sessions'), 'http://here')).toBe(
    [
      `curl -X POST 'http://here/v1/sessions'`,
      `-H 'Content-Type: application/json'`,
      `-d '{"password":"text","username":"text"}'`,
    ].join(' \\\n  '),
  )
  const signed = curl(api, route('get', '/v1/conversations/{id}'), 'http://here')
  expect(signed).toBe(`curl 'http://here/v1/conversations/ID' \\\n  -H "Authorization: Bearer $TOKEN"`)
})

test('the filter wants each word somewhere', () => {
  const one = route('post', '/v1/conversations/{id}/messages')
  const cases: [string, boolean][] = [['', true], ['post messages', true], ['MESSAGES', true], ['get', false], ['messages nothing', false]]
  for (const [words, found] of cases) expect(matches(one, words)).toBe(found)
})
