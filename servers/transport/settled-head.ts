// What is kept of a head for as long as a socket lives, and there may be very many: one text instead of many, without what
// many sockets have said.
import type { RequestHead } from './port.ts'

type Headers = RequestHead['headers']

/** Numbers of one byte in UTF-8. */
const SHARED_MAX = 128
/** Longer ones repeat for nobody. */
const SHARED_LENGTH_MAX = 512
const NAMES_MAX = 64
/** Each socket has its own, or it is nobody else's business for longer than it lives. */
const NEVER_SHARED = new Set(['sec-websocket-key', 'cookie', 'authorization', 'proxy-authorization'])
const TEXTS_MAX = 256

const shared: (readonly [name: string, value: string])[] = []
const numbers = new Map<string, number>()
/** What a name came with last: what comes twice in a row is shared from then on. */
const lastValues = new Map<string, string>()
const texts = new Map<string, string>()
const starts = new Map<string, Start>()

/** The same head, for as long as a socket lives. */
export function settledHead(head: RequestHead): RequestHead {
  return new SettledHead(head)
}

class SettledHead implements RequestHead {
  readonly ip: string
  readonly query: string
  private readonly start: Start
  private readonly packed: string

  constructor(head: RequestHead) {
    this.ip = sharedText(head.ip)
    this.query = head.query
    this.start = startOf(head)
    this.packed = packHeaders(head.headers)
  }

  get method(): string {
    return this.start.method
  }
  get rawPath(): string {
    return this.start.rawPath
  }
  get path(): string {
    return this.start.path
  }
  get host(): string {
    return this.start.host
  }
  get httpVersion(): RequestHead['httpVersion'] {
    return this.start.httpVersion
  }
  get secure(): boolean {
    return this.start.secure
  }
  get headers(): Headers {
    return unpackHeaders(this.packed)
  }
}

/** What the sockets of one place have in common. */
type Start = Pick<RequestHead, 'method' | 'rawPath' | 'path' | 'host' | 'httpVersion' | 'secure'>

function startOf({ method, rawPath, path, host, httpVersion, secure }: RequestHead): Start {
  const key = `${method} ${rawPath} ${httpVersion} ${secure} ${host}`
  let start = starts.get(key)
  if (start === undefined) {
    if (starts.size >= TEXTS_MAX) starts.clear()
    start = { method, rawPath, path, host, httpVersion, secure }
    if (key.length <= SHARED_LENGTH_MAX) starts.set(key, start)
  }
  return start
}

/** Each field is its name and its value with a line feed behind each, which none of them can have; a shared one a line feed and its number. */
export function packHeaders(headers: Headers): string {
  let text = ''
  for (const [name, value] of headers) {
    const number = sharedNumber(name, value)
    text += number === undefined ? `${name}\n${value}\n` : `\n${String.fromCharCode(number)}`
  }
  // Through bytes: a text that was put together would keep its parts.
  return Buffer.from(text).toString()
}

export function unpackHeaders(text: string): Headers {
  const headers: (readonly [string, string])[] = []
  for (let at = 0; at < text.length; ) {
    if (text[at] === '\n') {
      headers.push(shared[text.charCodeAt(at + 1)]!)
      at += 2
      continue
    }
    const middle = text.indexOf('\n', at)
    const end = text.indexOf('\n', middle + 1)
    headers.push([text.slice(at, middle), text.slice(middle + 1, end)])
    at = end + 1
  }
  return headers
}

/** The same text, which many sockets share while they say the same. */
export function sharedText(text: string): string {
  const known = texts.get(text)
  if (known !== undefined) return known
  if (text.length > SHARED_LENGTH_MAX) return text
  if (texts.size >= TEXTS_MAX) texts.clear()
  texts.set(text, text)
  return text
}

function sharedNumber(name: string, value: string): number | undefined {
  const length = name.length + value.length
  if (length > SHARED_LENGTH_MAX || NEVER_SHARED.has(name)) return undefined
  const field = `${name}\n${value}`
  const known = numbers.get(field)
  if (known !== undefined || shared.length === SHARED_MAX) return known
  if (lastValues.get(name) !== value) {
    if (lastValues.size < NAMES_MAX || lastValues.has(name)) lastValues.set(name, value)
    return undefined
  }
  numbers.set(field, shared.length)
  shared.push([name, value])
  return shared.length - 1
}
