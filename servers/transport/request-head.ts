// A request's head, checked once for both engines: what is ambiguous on the wire (RFC 9112) is refused here, before any
// handler could read it differently from a proxy in front of us.
import { addressOfBytes } from './client-address.ts'
import type { RequestHead } from './port.ts'
import { normalisePath } from './request-path.ts'

export type Header = readonly [name: string, value: string]

/** What an engine hands in; all of it copied already. */
export interface RawRequest {
  readonly method: string
  readonly rawPath: string
  readonly query: string
  readonly headers: readonly Header[]
  /** The client's address, or who knows it until there is a reply. */
  readonly peer: string | Peer
  /** HTTP/1.0 may come without a Host. */
  readonly httpVersion: RequestHead['httpVersion']
  readonly secure: boolean
}

/** As uWebSockets.js has it; throws once there was a reply. */
interface Peer {
  getRemoteAddress(): ArrayBuffer
}

/** A request that must not be handled. The connection ends with the reply, because what follows on it cannot be trusted. */
export interface BadRequest {
  readonly status: 400 | 501
  readonly reason: string
}

export interface CheckedRequest {
  readonly head: RequestHead
  /** Undefined when there is no body; -1 when its length is not known (chunked). */
  readonly bodyBytes: number | undefined
}

/** What nginx takes for a method; others are 400 there, too. */
const METHOD = /^[A-Z][A-Z_-]*$/
const DIGITS = /^[0-9]{1,15}$/
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9\-._~%!$&'()*+,;=]*)(?::[0-9]*)?$/
const NO_BODY = undefined

/** For the reply to a request that has none worth reading. */
export const NO_HEAD: RequestHead = {
  method: 'GET',
  rawPath: '',
  path: '',
  query: '',
  headers: [],
  host: '',
  ip: '',
  httpVersion: '1.1',
  secure: false,
}

/** Either the head, or why it is refused. */
export function checkRequest(raw: RawRequest): CheckedRequest | BadRequest {
  let host: string | undefined
  let bodyBytes: number | undefined = NO_BODY
  let chunked = false
  for (const [name, value] of raw.headers) {
    // Told apart by length first: most headers are none of these.
    if (name.length === 4 && name === 'host') {
      if (host !== undefined) return bad('More than one Host')
      host = value
    } else if (name.length === 14 && name === 'content-length') {
      if (bodyBytes !== undefined) return bad('More than one Content-Length')
      if (!DIGITS.test(value)) return bad('Invalid Content-Length')
      bodyBytes = Number(value)
    } else if (name.length === 17 && name === 'transfer-encoding') {
      if (chunked) return bad('More than one Transfer-Encoding')
      if (value.toLowerCase() !== 'chunked') return { status: 501, reason: 'Transfer-Encoding is not supported' }
      chunked = true
    } else if (name.length === 0) return bad('Header without a name')
  }
  if (chunked && bodyBytes !== undefined) return bad('Both Content-Length and Transfer-Encoding')
  if (host === undefined && raw.httpVersion === '1.1') return bad('Host is missing')
  const name = hostName(host ?? '')
  if (name === undefined) return bad('Invalid Host')
  if (!METHOD.test(raw.method)) return bad('Invalid method')
  const path = normalisePath(raw.rawPath)
  if (path === undefined) return bad('Invalid path')
  const head = new CheckedHead(raw, path, name)
  return { head, bodyBytes: chunked ? -1 : bodyBytes === 0 ? NO_BODY : bodyBytes }
}

class CheckedHead implements RequestHead {
  readonly method: string
  readonly rawPath: string
  readonly path: string
  readonly query: string
  readonly host: string
  readonly httpVersion: RequestHead['httpVersion']
  readonly secure: boolean
  private peer: string | Peer
  readonly headers: readonly Header[]

  constructor(raw: RawRequest, path: string, host: string) {
    this.method = raw.method
    this.rawPath = raw.rawPath
    this.path = path
    this.query = raw.query
    this.headers = raw.headers
    this.host = host
    this.httpVersion = raw.httpVersion
    this.secure = raw.secure
    this.peer = raw.peer
  }

  get ip(): string {
    if (typeof this.peer !== 'string') this.peer = addressOf(this.peer)
    return this.peer
  }
}

function addressOf(peer: Peer): string {
  try {
    return addressOfBytes(new Uint8Array(peer.getRemoteAddress()))
  } catch {
    // There was a reply, and nobody had asked before.
    return ''
  }
}

/** The same head, for the page of an error. */
export function withMethod(head: RequestHead, method: string): RequestHead {
  return Object.create(head, { method: { value: method, enumerable: true } })
}

function bad(reason: string): BadRequest {
  return { status: 400, reason }
}

/** Most requests say the same Host as the one before. */
let lastHost = ''
let lastName: string | undefined = ''

/** Lower case, without the port; undefined for what no Host may be. */
function hostName(host: string): string | undefined {
  if (host === lastHost) return lastName
  const lower = host.toLowerCase()
  const colon = lower.lastIndexOf(':')
  const name = colon === -1 || lower.endsWith(']') ? lower : lower.slice(0, colon)
  lastHost = host
  lastName = HOST.test(lower) ? name : undefined
  return lastName
}

/** The first header of that name. */
export function headerOf(head: RequestHead, name: string): string | undefined {
  for (const header of head.headers) if (header[0] === name) return header[1]
  return undefined
}
