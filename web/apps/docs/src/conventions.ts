import { el, prose } from './dom'
import { fields, lazily } from './fields'
import type { Document } from './openapi'
import { resolve } from './schema'

/** What holds for every operation, in the order in which one needs it. */
const RULES: readonly [string, string][] = [
  ['Token', '`POST /v1/sessions` answers a pair of tokens. Send the access token as `Authorization: Bearer …`; `POST /v1/sessions/refresh` gives the next pair.'],
  ['Values', 'JSON in UTF-8. Ids are numbers, times (`…_ms`) milliseconds UTC. What is absent is left out; a body with fields that nobody knows is refused.'],
  ['Lists', '`?limit=&cursor=` answers `{"items": […], "next": "…"}`: `next` is the cursor of the next page, and null on the last one.'],
  ['Retries', 'A message with a `client_id` is said once, however often it is sent. A retry is answered with the first one.'],
]

export function conventions(api: Document): HTMLElement {
  const rules = RULES.flatMap(([name, text]) => [el('dt', name), el('dd', ...prose(text))])
  return el('dl', ...rules, el('dt', 'Problems'), problems(api))
}

/** The body of every refusal, and its codes where the document lists them. */
function problems(api: Document): HTMLElement {
  const schema = { $ref: '#/components/schemas/HttpProblem' }
  const codes = resolve(api, resolve(api, schema).properties?.code ?? {}).enum ?? []
  return el(
    'dd',
    ...prose('A refusal is `application/problem+json`. Go by `code`, which never changes; `field` says which part of the input is meant, and `retry_after_s` when to try again (429).'),
    lazily('HttpProblem', () => fields(api, schema)),
    codes.length > 0 && el('p', ...codes.flatMap((code) => [el('code', String(code)), ' '])),
  )
}
