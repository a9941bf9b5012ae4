/** What is read of an OpenAPI 3.1 document. */
export interface Document {
  info: { title: string, version: string, description?: string }
  paths: Record<string, Partial<Record<Method, Operation>>>
  components?: { schemas?: Record<string, Schema> }
  tags?: { name: string, description?: string }[]
}

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const
export type Method = (typeof METHODS)[number]

export interface Operation {
  tags?: string[]
  summary?: string
  description?: string
  operationId?: string
  parameters?: Parameter[]
  requestBody?: { required?: boolean, content: Content }
  responses: Record<string, { description?: string, content?: Content }>
  security?: Record<string, string[]>[]
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header' | 'cookie'
  required?: boolean
  description?: string
  schema?: Schema
}

export type Content = Record<string, { schema?: Schema, example?: unknown }>

export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  description?: string
  enum?: unknown[]
  const?: unknown
  default?: unknown
  example?: unknown
  examples?: unknown[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: boolean | Schema
  oneOf?: Schema[]
  anyOf?: Schema[]
  allOf?: Schema[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  pattern?: string
}

/** An operation with its place in the document. */
export interface Route { id: string, method: Method, path: string, tag: string, operation: Operation }

/** All operations, in the document's order. */
export function routes(document: Document): Route[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method]
      if (!operation) return []
      const id = `${method}-${path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '')}`
      return [{ id, method, path, tag: operation.tags?.[0] ?? 'other', operation }]
    }),
  )
}

/** Whether each word of `filter` stands in what one reads first about the route. */
export function matches(route: Route, filter: string): boolean {
  const { method, path, tag, operation } = route
  const text = [method, path, tag, operation.summary, operation.description].join(' ').toLowerCase()
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word))
}
