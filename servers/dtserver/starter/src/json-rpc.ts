// JSON-RPC 2.0 (https://www.jsonrpc.org/specification), and nothing about games or Redis: text in, text out.

/** Says what a method takes, for `rpc.describe` and for parameters that come by position. */
export interface Method<Context> {
  /** One sentence. */
  about: string
  /** In the order in which they may be given by position. A `?` at the end of the description marks an optional one. */
  params: Readonly<Record<string, string>>
  run(params: Params, context: Context): Promise<unknown>
}

export type Params = Readonly<Record<string, unknown>>
export type Methods<Context> = Readonly<Record<string, Method<Context>>>

/** The specification's own codes. Ours are from -32000 to -32099, in `data-errors.ts`. */
export const PARSE_ERROR = -32700
export const INVALID_REQUEST = -32600
export const METHOD_NOT_FOUND = -32601
export const INVALID_PARAMS = -32602
export const INTERNAL_ERROR = -32603

/** A batch runs one request after the other, so its length is how long others of this socket wait. */
export const BATCH_LENGTH_MAX = 50

/** What a method throws to answer with an error. Anything else it throws is answered with INTERNAL_ERROR and told to `fault`. */
export class RpcError extends Error {
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}

type Id = string | number | null

interface Request {
  method: string
  params: unknown
  /** Undefined for a notification, which is never answered. */
  id: Id | undefined
}

interface Options<Context> {
  methods: Methods<Context>
  context: Context
  /** Is told what nobody expected; the client learns only that it happened. */
  fault(error: unknown, method: string): void
}

/** Answers one text: a request or a batch. Undefined when there is nothing to say, because all of it was notifications. */
export async function answer<Context>(text: string, options: Options<Context>): Promise<string | undefined> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return JSON.stringify(failure(null, new RpcError(PARSE_ERROR, 'Parse error')))
  }
  if (!Array.isArray(value)) return stringify(await answerOne(value, options))
  if (value.length === 0) return JSON.stringify(failure(null, invalid('a batch must not be empty')))
  if (value.length > BATCH_LENGTH_MAX) {
    return JSON.stringify(failure(null, invalid(`a batch has at most ${BATCH_LENGTH_MAX} requests`)))
  }
  const answers: object[] = []
  for (const item of value) {
    const one = await answerOne(item, options)
    if (one) answers.push(one)
  }
  return answers.length === 0 ? undefined : JSON.stringify(answers)
}

async function answerOne<Context>(value: unknown, options: Options<Context>): Promise<object | undefined> {
  const request = parseRequest(value)
  if (request instanceof RpcError) return failure(idOf(value), request)
  try {
    const result = await call(request, options)
    return request.id === undefined ? undefined : { jsonrpc: '2.0', result: result ?? null, id: request.id }
  } catch (error) {
    if (!(error instanceof RpcError)) options.fault(error, request.method)
    if (request.id === undefined) return undefined
    return failure(request.id, error instanceof RpcError ? error : new RpcError(INTERNAL_ERROR, 'Internal error'))
  }
}

async function call<Context>(request: Request, { methods, context }: Options<Context>): Promise<unknown> {
  // hasOwn, because `methods.toString` is a function too.
  const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined
  if (!method) throw new RpcError(METHOD_NOT_FOUND, 'Method not found', request.method.slice(0, 100))
  return method.run(namedParams(method, request.params), context)
}

/** Parameters come by name or by position; methods see names only. A name that nobody knows is a mistake worth telling. */
function namedParams<Context>(method: Method<Context>, params: unknown): Params {
  const names = Object.keys(method.params)
  if (Array.isArray(params)) {
    if (params.length > names.length) throw badParams(`at most ${names.length} parameters: ${names.join(', ')}`)
    return Object.fromEntries(params.map((value, index) => [names[index], value]))
  }
  const named = (params ?? {}) as Record<string, unknown>
  const unknown = Object.keys(named).find((name) => !names.includes(name))
  if (unknown === undefined) return named
  throw badParams(`unknown parameter "${unknown.slice(0, 100)}", expected ${names.join(', ') || 'none'}`)
}

function parseRequest(value: unknown): Request | RpcError {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return invalid('it must be an object')
  const { jsonrpc, method, params } = value as Record<string, unknown>
  if (jsonrpc !== '2.0') return invalid('"jsonrpc" must be "2.0"')
  if (typeof method !== 'string') return invalid('"method" must be a string')
  if (params !== undefined && (typeof params !== 'object' || params === null)) {
    return invalid('"params" must be an object or an array')
  }
  if (!('id' in value)) return { method, params, id: undefined }
  if (!isId(value.id)) return invalid('"id" must be a string, a number or null')
  return { method, params, id: value.id }
}

/** An error answers with the id of the request, or with null where none could be made out. */
function idOf(value: unknown): Id {
  return typeof value === 'object' && value !== null && 'id' in value && isId(value.id) ? value.id : null
}

function isId(id: unknown): id is Id {
  return id === null || typeof id === 'string' || typeof id === 'number'
}

function failure(id: Id, { code, message, data }: RpcError): object {
  return { jsonrpc: '2.0', error: { code, message, ...(data === undefined ? {} : { data }) }, id }
}

function stringify(value: object | undefined): string | undefined {
  return value && JSON.stringify(value)
}

function invalid(reason: string): RpcError {
  return new RpcError(INVALID_REQUEST, 'Invalid Request', reason)
}

/** What a method throws for a parameter that is missing or wrong. */
export function badParams(reason: string): RpcError {
  return new RpcError(INVALID_PARAMS, 'Invalid params', reason)
}
