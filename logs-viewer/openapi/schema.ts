// As much of JSON Schema as the description of our API needs, as types.

export type Schema =
  | { readonly $ref: `#/components/schemas/${string}` }
  | {
      readonly type: 'object'
      readonly description?: string
      readonly properties: Readonly<Record<string, Schema>>
      readonly required: readonly string[]
      readonly additionalProperties?: boolean
    }
  | { readonly type: 'object'; readonly description?: string; readonly additionalProperties: Schema | true }
  | { readonly type: 'array'; readonly description?: string; readonly items: Schema }
  | {
      readonly type: 'string' | readonly ['string', 'null']
      readonly description?: string
      readonly enum?: readonly string[]
      readonly format?: 'date-time' | 'date'
    }
  | { readonly type: 'integer' | 'number' | readonly ['integer', 'null']; readonly description?: string }
  | { readonly type: 'boolean'; readonly description?: string }

export interface Parameter {
  readonly name: string
  readonly in: 'query' | 'path' | 'header'
  readonly required?: true
  readonly description: string
  readonly schema: Schema
  readonly example?: string | number
}

export interface Operation {
  readonly summary: string
  readonly description?: string
  readonly security?: readonly []
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: {
    readonly required: true
    readonly content: { readonly 'application/json': { readonly schema: Schema; readonly example: unknown } }
  }
  readonly responses: Readonly<Record<string, Answer>>
}

export interface Answer {
  readonly description: string
  readonly content?: Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>
}

export interface OpenApi {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly security: readonly Readonly<Record<string, readonly []>>[]
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<'get' | 'post' | 'put' | 'delete', Operation>>>>>
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>
    readonly schemas: Readonly<Record<string, Schema>>
  }
}

/** Everything in it has to be there, but what is named `optional`. */
export function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required }
}

export function list(items: Schema): Schema {
  return { type: 'array', items }
}

export function text(
  description: string,
  more: { enum?: readonly string[]; format?: 'date-time' | 'date' } = {},
): Schema {
  return { type: 'string', description, ...more }
}

export function whole(description: string): Schema {
  return { type: 'integer', description }
}

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}
