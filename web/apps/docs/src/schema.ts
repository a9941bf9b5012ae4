import type { Document, Route, Schema } from './openapi'

/** The name behind a `$ref`. */
export function nameOf(schema: Schema): string | undefined {
  return schema.$ref?.split('/').at(-1)
}

/** Follows a `$ref`, and joins `allOf` into one object. */
export function resolve(document: Document, schema: Schema): Schema {
  const name = nameOf(schema)
  if (name !== undefined) {
    const target = document.components?.schemas?.[name]
    return target ? { ...resolve(document, target), ...(schema.description && { description: schema.description }) } : {}
  }
  if (!schema.allOf) return schema
  const { allOf, ...own } = schema
  return allOf.map((part) => resolve(document, part)).reduce(join, own)
}

function join(all: Schema, part: Schema): Schema {
  return {
    ...part,
    ...all,
    properties: { ...all.properties, ...part.properties },
    required: [...(all.required ?? []), ...(part.required ?? [])],
  }
}

/** The ways a value may look; null is no way of its own. */
export function variants(schema: Schema): Schema[] {
  return (schema.oneOf ?? schema.anyOf ?? []).filter((one) => one.type !== 'null')
}

/** A type in a few words: `integer`, `Entry[]`, `"a" | "b"`. */
export function typeOf(schema: Schema): string {
  const name = nameOf(schema)
  if (name) return name
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.items) {
    const inner = typeOf(schema.items)
    return inner.includes(' ') ? `(${inner})[]` : `${inner}[]`
  }
  const ways = schema.oneOf ?? schema.anyOf
  if (ways) return [...new Set(ways.map(typeOf))].join(' | ')
  if (schema.allOf) return schema.allOf.map(typeOf).join(' & ')
  return [schema.type ?? (schema.properties ? 'object' : 'any')].flat().join(' | ')
}

/** What a type does not say: bounds, lengths, default. */
export function limits(schema: Schema): string {
  const range = (least: number | undefined, most: number | undefined, unit: string) => {
    if (least === undefined && most === undefined) return ''
    if (least === undefined) return `≤ ${most}${unit}`
    return most === undefined ? `≥ ${least}${unit}` : `${least} – ${most}${unit}`
  }
  const parts = [
    range(schema.minimum, schema.maximum, ''),
    range(schema.minLength, schema.maxLength, ' characters'),
    range(undefined, schema.maxItems, ' items'),
    schema.format && !/^(u?int\d*|double)$/.test(schema.format) ? schema.format : '',
    schema.default === undefined ? '' : `default ${JSON.stringify(schema.default)}`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

/** A value of this shape; `seen` stops types that contain themselves. */
export function example(document: Document, schema: Schema, seen: readonly string[] = []): unknown {
  const name = nameOf(schema)
  if (name && seen.includes(name)) return {}
  const path = name ? [...seen, name] : seen
  const whole = resolve(document, schema)
  const given = whole.example ?? whole.examples?.[0] ?? whole.const ?? whole.enum?.[0] ?? whole.default
  if (given !== undefined) return given
  const [way] = variants(whole)
  if (way) return merged(example(document, way, path), whole.properties && object(document, whole, path))
  if (whole.properties) return object(document, whole, path)
  switch ([whole.type].flat().find((type) => type !== 'null')) {
    case 'array':
      return whole.items ? [example(document, whole.items, path)] : []
    case 'integer':
    case 'number':
      return whole.minimum ?? 1
    case 'boolean':
      return true
    case 'string':
      return 'text'
    default:
      return {}
  }
}

function object(document: Document, schema: Schema, seen: readonly string[]): Record<string, unknown> {
  const all = Object.entries(schema.properties ?? {})
  const required = all.filter(([key]) => schema.required?.includes(key))
  const shown = required.length > 0 ? required : all.slice(0, 3)
  return Object.fromEntries(shown.map(([key, value]) => [key, example(document, value, seen)]))
}

function merged(a: unknown, b: unknown): unknown {
  return typeof a === 'object' && typeof b === 'object' ? { ...b, ...a } : a
}

/** How one tries a route from a terminal. */
export function curl(document: Document, route: Route, origin: string): string {
  const { operation, method } = route
  const query = (operation.parameters ?? []).filter((one) => one.in === 'query' && one.required)
  const value = (schema: Schema = {}) => encodeURIComponent(String(example(document, schema)))
  const search = query.map((one) => `${one.name}=${value(one.schema)}`).join('&')
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase())
  const lines = [`curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}'${origin}${path}${search && `?${search}`}'`]
  if (isSigned(route)) lines.push(`-H "Authorization: Bearer $TOKEN"`)
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
  if (type === 'multipart/form-data') lines.push(`-F 'file=@picture.png'`)
  else if (content?.schema) {
    lines.push(`-H 'Content-Type: ${type}'`)
    lines.push(`-d '${JSON.stringify(example(document, content.schema)).replaceAll("'", "'\\''")}'`)
  }
  return lines.join(' \\\n  ')
}

/** Whether a route takes a token. */
export function isSigned(route: Route): boolean {
  const ways = route.operation.security ?? []
  return ways.length > 0 && ways.every((way) => Object.keys(way).length > 0)
}
