import { block, el, prose } from './dom'
import { fields, lazily, parameter } from './fields'
import type { Content, Document, Route } from './openapi'
import { curl, example, isSigned } from './schema'

/** One operation: a line that opens to everything about it. */
export function operation(document: Document, route: Route): HTMLElement {
  const { id, method, path } = route
  const about = route.operation
  const details = el(
    'details.operation',
    { id },
    el(
      'summary',
      el(`span.method.${method}`, method.toUpperCase()),
      el('code.path', ...pathParts(path)),
      el('span.summary', about.summary ?? ''),
    ),
  )
  details.addEventListener('toggle', () => details.childElementCount === 1 && details.append(body(document, route)), { once: true })
  return details
}

function body(document: Document, route: Route): HTMLElement {
  const { operation: about, id } = route
  const parameters = about.parameters ?? []
  const request = about.requestBody?.content
  const answers = Object.entries(about.responses).sort(([a], [b]) => a.localeCompare(b))
  return el(
    'div.body',
    ...prose(about.description),
    el('p.facts', isSigned(route) ? 'Needs a token.' : 'Needs no token.', ' ', el('a', 'Link', { href: `#${id}` })),
    parameters.length > 0 && el('h4', 'Parameters'),
    parameters.length > 0 && el('ul.fields', ...parameters.map((one) => parameter(document, one))),
    request && el('h4', 'Body'),
    request && content(document, request),
    el('h4', 'Example'),
    block(curl(document, route, location.origin)),
    el('h4', 'Answers'),
    ...answers.map(([status, answer]) =>
      el(
        'section.answer',
        el('div.head', el(`span.status.${status === 'default' ? 'problem' : 'good'}`, status === 'default' ? 'problem' : status), answer.description ?? ''),
        answer.content ? content(document, answer.content) : null,
      ),
    ),
  )
}

function content(document: Document, all: Content): HTMLElement {
  const parts = Object.entries(all).map(([type, { schema, example: given }]) => {
    if (!schema) return el('p.type', type)
    const value = given ?? example(document, schema)
    const isJson = type.endsWith('json')
    return el(
      'div',
      type !== 'application/json' && el('p.type', type),
      fields(document, schema),
      isJson && lazily('as JSON', () => block(JSON.stringify(value, null, 2))),
    )
  })
  return el('div.content', ...parts)
}

function pathParts(path: string): (Node | string)[] {
  return path.split(/(\{\w+\})/).map((part) => (part.startsWith('{') ? el('var', part) : part))
}
