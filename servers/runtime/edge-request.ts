// A request as a script sees it: the web-standard shape over a plain head, each part built when it is first asked for.
import type { EdgeRequest } from '../contract/script.ts'
import type { RequestHead } from '../transport/port.ts'
import type { EventContext } from './context.ts'
import { cookieOf } from './script/cookies.ts'
import { parseForm } from './script/form-data.ts'
import type { ServedRequest } from './served-request.ts'

export class HeadRequest implements EdgeRequest {
  readonly #head: RequestHead
  readonly #request: ServedRequest
  readonly #ctx: EventContext
  /** A later internal redirect moves the request, not what this script saw of it. */
  readonly path: string
  readonly #args: string
  #headers: Headers | undefined
  #query: URLSearchParams | undefined
  #params: Readonly<Record<string, string>> | undefined

  constructor(request: ServedRequest, ctx: EventContext) {
    this.#head = request.head
    this.#request = request
    this.#ctx = ctx
    this.path = request.uri
    this.#args = request.args
  }

  get method(): string {
    return this.#head.method
  }
  get ip(): string {
    return this.#request.ip
  }
  get signal(): AbortSignal {
    return this.#ctx.signal
  }
  get url(): string {
    const { rawPath, query, host, secure } = this.#head
    const scheme = secure ? 'https' : 'http'
    return `${scheme}://${this.header('host') ?? host}${rawPath}${query === '' ? '' : `?${query}`}`
  }
  get params(): Readonly<Record<string, string>> {
    this.#params ??= paramsOf(this.#request.captures)
    return this.#params
  }
  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.#args)
    return this.#query
  }
  get headers(): Headers {
    this.#headers ??= new Headers(this.#head.headers.map(([name, value]): [string, string] => [name, value]))
    return this.#headers
  }

  header(name: string): string | undefined {
    const lower = name.toLowerCase()
    let found: string | undefined
    for (const [key, value] of this.#head.headers) {
      if (key === lower) found = found === undefined ? value : `${found}, ${value}`
    }
    return found
  }
  cookie(name: string): string | undefined {
    return cookieOf(this.header('cookie'), name)
  }

  get body(): ReadableStream<Uint8Array> | null {
    return hasBody(this.#head) ? this.#request.body.stream() : null
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.#request.body.whole()
    return bytes.slice().buffer as ArrayBuffer
  }
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.#request.body.whole())
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }
  async formData(): Promise<FormData> {
    return parseForm(this.header('content-type'), await this.#request.body.whole())
  }
}

/** RFC 9112, section 6. */
function hasBody({ headers }: RequestHead): boolean {
  return headers.some(([name, value]) => name === 'transfer-encoding' || (name === 'content-length' && value !== '0'))
}

function paramsOf(captures: ServedRequest['captures']): Readonly<Record<string, string>> {
  const params: Record<string, string> = Object.create(null)
  for (const [index, value] of captures?.entries() ?? []) if (value !== undefined) params[index] = value
  const { groups = {} } = (captures ?? {}) as { groups?: Record<string, string | undefined> }
  for (const [name, value] of Object.entries(groups)) if (value !== undefined) params[name] = value
  return Object.freeze(params)
}
