import { el, prose } from './dom'
import type { Document, Parameter, Schema } from './openapi'
import { limits, nameOf, resolve, typeOf, variants } from './schema'

/** Types that are unfolded below each other, at most. */
const DEPTH = 6

/** The fields of a value: nested types unfold when they are opened. */
export function fields(document: Document, schema: Schema, seen: readonly string[] = []): HTMLElement {
  const name = nameOf(schema)
  const path = name ? [...seen, name] : seen
  const whole = resolve(document, schema)
  const list = el('ul.fields')
  for (const [key, value] of Object.entries(whole.properties ?? {})) {
    list.append(field(document, key, value, whole.required?.includes(key) ?? false, path))
  }
  for (const way of variants(whole)) list.append(variant(document, way, path))
  if (list.childElementCount > 0) return list
  const inner = whole.items
  return inner && hasInside(document, inner) ? fields(document, inner, path) : el('p.type', typeOf(schema))
}

/** What a path or a query takes. */
export function parameter(document: Document, one: Parameter): HTMLElement {
  const schema = one.schema ?? {}
  return el('li', head(one.name, schema, one.required ?? false, document), ...prose(one.description))
}

function field(document: Document, key: string, schema: Schema, required: boolean, seen: readonly string[]): HTMLElement {
  const line = head(key, schema, required, document)
  const about = prose(schema.description ?? (nameOf(schema) ? undefined : resolve(document, schema).description))
  return el('li', line, ...about, unfolds(document, schema, seen))
}

function head(key: string, schema: Schema, required: boolean, document: Document): HTMLElement {
  const bounds = limits(nameOf(schema) ? resolve(document, schema) : schema)
  return el(
    'div.head',
    el('code.key', key),
    el('span.type', shown(document, schema)),
    bounds !== '' && el('span.limits', bounds),
    !required && el('span.optional', 'optional'),
  )
}

/** The values of an enumeration instead of its name. */
function shown(document: Document, schema: Schema): string {
  const whole = resolve(document, schema)
  return nameOf(schema) && whole.enum ? typeOf(whole) : typeOf(schema)
}

function variant(document: Document, schema: Schema, seen: readonly string[]): HTMLElement {
  const whole = resolve(document, schema)
  const kind = whole.properties?.type
  const label = kind?.enum?.[0] ?? kind?.const ?? typeOf(schema)
  const name = nameOf(schema)
  const inside = !(name && seen.includes(name)) && hasInside(document, schema)
  const title = el('div.head', el('span.or', 'one way'), el('code.key', String(label)))
  return el('li', title, ...prose(whole.description), inside && lazily('fields', () => fields(document, schema, seen)))
}

function unfolds(document: Document, schema: Schema, seen: readonly string[]): HTMLElement | null {
  const inner = schema.items ?? variants(schema).find((way) => hasInside(document, way)) ?? schema
  const name = nameOf(inner)
  if (!hasInside(document, inner) || (name && seen.includes(name)) || seen.length >= DEPTH) return null
  return lazily(name ?? 'fields', () => fields(document, inner, seen))
}

function hasInside(document: Document, schema: Schema): boolean {
  const whole = resolve(document, schema)
  return whole.properties !== undefined || variants(whole).length > 0 || (whole.items !== undefined && hasInside(document, whole.items))
}

/** Is made when it is opened: types may be deep. */
export function lazily(title: string, make: () => HTMLElement): HTMLElement {
  const details = el('details.nested', el('summary', title))
  details.addEventListener('toggle', () => details.childElementCount === 1 && details.append(make()), { once: true })
  return details
}
