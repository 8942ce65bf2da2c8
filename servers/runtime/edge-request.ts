// A request as a script sees it: the web-standard shape over a plain head, each part built when it is first asked for.
import type { EdgeRequest } from '../contract/script.ts'
import type { RequestHead } from '../transport/port.ts'

export interface RequestParts {
  readonly head: RequestHead
  /** The client's address; that of `head` is the peer's, which may be a proxy. */
  readonly ip: string
  /** Reads the body; called once at most. */
  body(): Promise<Uint8Array>
  signal(): AbortSignal
}

export class HeadRequest implements EdgeRequest {
  readonly #head: RequestHead
  readonly #parts: RequestParts
  #headers: Headers | undefined
  #query: URLSearchParams | undefined
  #body: Promise<Uint8Array> | undefined

  constructor(parts: RequestParts) {
    this.#head = parts.head
    this.#parts = parts
  }

  get method(): string {
    return this.#head.method
  }
  get path(): string {
    return this.#head.path
  }
  get ip(): string {
    return this.#parts.ip
  }
  get signal(): AbortSignal {
    return this.#parts.signal()
  }
  get url(): string {
    const { rawPath, query, host } = this.#head
    return `http://${this.header('host') ?? host}${rawPath}${query === '' ? '' : `?${query}`}`
  }
  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.#head.query)
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

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.#bytes()
    return bytes.slice().buffer as ArrayBuffer
  }
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.#bytes())
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  /** Read once, so that `text()` after `json()` works, which a stream would not allow. */
  #bytes(): Promise<Uint8Array> {
    this.#body ??= this.#parts.body()
    return this.#body
  }
}
