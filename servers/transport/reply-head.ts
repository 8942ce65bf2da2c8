// A reply's head, checked before anything is sent: the engines let a line break in a value split the response.
import type { WireReply } from './port.ts'
import type { Header } from './request-head.ts'

/** What an engine may send as it stands. */
export interface CheckedReply {
  readonly status: number
  /** Without those that the adapter writes itself. */
  readonly headers: readonly Header[]
  /** Every value is ASCII; else latin-1. */
  readonly ascii: boolean
  /** The script wants the connection to end. */
  readonly close: boolean
  /** Of a reply to HEAD without a body: what GET would have. */
  readonly contentLength: number | undefined
  /** HEAD, 204, 304: no body, whatever was given. */
  readonly bodyless: boolean
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Not tab and printable ASCII. */
const UNUSUAL = /[^\t\x20-\x7e]/
/** Neither these nor, for what came before UTF-8, latin-1. */
const NOT_A_VALUE = /[^\t\x20-\x7e\x80-\xff]/
const OWN = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive'])

/** Names that passed before, with whether they are the adapter's own. Scripts use few; the bound is for those who do not. */
const known = new Map<string, boolean>()
const KNOWN_MAX = 512

/** Throws a TypeError that names what may not be sent. */
export function checkReply(reply: WireReply, method: string): CheckedReply {
  const { status, headers } = reply
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError(`Cannot send the status ${status}: it must be 200 to 599`)
  }
  let kept: Header[] | undefined
  let ascii = true
  let close = false
  let contentLength: number | undefined
  for (let i = 0; i < headers.length; i++) {
    const [name, value] = headers[i]!
    const own = known.get(name) ?? checkName(name)
    if (typeof value !== 'string' || UNUSUAL.test(value)) {
      if (typeof value !== 'string' || NOT_A_VALUE.test(value)) {
        throw new TypeError(
          `Cannot send the header ${name}: its value ${shown(value)} holds what RFC 9110 does not allow`,
        )
      }
      ascii = false
    }
    if (!own) {
      kept?.push(headers[i]!)
      continue
    }
    kept ??= headers.slice(0, i)
    if (name.length === 10 && value.toLowerCase() === 'close') close = true
    else if (name.length === 14 && /^[0-9]+$/.test(value)) contentLength = Number(value)
  }
  const bodyless = method === 'HEAD' || status === 204 || status === 304
  return { status, headers: kept ?? headers, ascii, close, contentLength, bodyless }
}

function checkName(name: string): boolean {
  if (typeof name !== 'string' || !TOKEN.test(name)) throw new TypeError(`Cannot send a header named ${shown(name)}`)
  const own = OWN.has(name.toLowerCase())
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(name, own)
  return own
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? String(value)
}
