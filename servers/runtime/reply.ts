// What a script answered with, checked: a Response or a plain object in, what may be sent out.
import type { Reply } from '../contract/script.ts'
import type { WireReply } from '../transport/port.ts'

const KEYS = new Set(['status', 'headers', 'body'])
const TEXT = ['content-type', 'text/plain; charset=utf-8'] as const
/** They belong to the connection that `fetch` had, or describe a body that it has decoded already. */
const NOT_FORWARDED = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-encoding', 'content-length'])

type WireHeader = readonly [name: string, value: string]

/** Throws a TypeError that names the part which is wrong. `hook` is who returned it. */
export function toWireReply(reply: unknown, hook: string): WireReply {
  if (isResponse(reply)) return fromResponse(reply)
  if (typeof reply !== 'object' || reply === null) {
    const got = reply === undefined ? 'nothing' : reply === null ? 'null' : `a ${typeof reply}`
    throw new TypeError(
      `"${hook}" must return a reply, such as { body: 'hello' } or new Response(); it returned ${got}`,
    )
  }
  const { status = 200, headers, body } = reply as Exclude<Reply, Response>
  for (const stray in reply) {
    if (stray === 'status' || stray === 'headers' || stray === 'body' || !Object.hasOwn(reply, stray)) continue
    throw new TypeError(
      `"${hook}" returned an object with "${stray}", but a reply has status, headers and body; is Response.json(…) what you want?`,
    )
  }
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError(`"${hook}" returned the status ${String(status)}: it must be a whole number from 200 to 599`)
  }
  const list = headers === undefined ? [] : listHeaders(headers, hook)
  if (typeof body === 'string' && !hasHeader(list, 'content-type')) list.push(TEXT)
  return { status, headers: list, body: checkBody(body, hook) }
}

/** True for what `upgrade` may refuse a socket with. */
export function looksLikeReply(value: object): boolean {
  return isResponse(value) || (Object.keys(value).length > 0 && Object.keys(value).every((key) => KEYS.has(key)))
}

/** A script may have set one of its own. */
export function withRequestId(reply: WireReply, id: string): WireReply {
  const { status, headers, body } = reply
  if (hasHeader(headers, 'x-request-id')) return reply
  return { status, headers: [...headers, ['x-request-id', id]], body }
}

/** By its lower-case name. */
function hasHeader(headers: WireReply['headers'], wanted: string): boolean {
  for (const [name] of headers) if (name.length === wanted.length && name.toLowerCase() === wanted) return true
  return false
}

export function headersOf(reply: WireReply): Headers {
  return new Headers(reply.headers.map(([name, value]): [string, string] => [name, value]))
}

export function withHeaders(reply: WireReply, headers: Headers): WireReply {
  return { ...reply, headers: [...headers] }
}

function isResponse(value: unknown): value is Response {
  return isTagged(value) && value instanceof Response
}

/** Asked before `instanceof`: naming Response or Headers makes Node load its whole fetch, 15 ms and 2 MiB, and most replies are plain. */
function isTagged(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.toStringTag in value
}

function fromResponse(response: Response): WireReply {
  if (response.bodyUsed) throw new TypeError('Cannot send a Response whose body was read already')
  if (response.status < 200) throw new TypeError(`Cannot send a Response with the status ${response.status}`)
  const entries = [...response.headers]
  // Only a Response that `fetch` made has a url.
  const headers = response.url === '' ? entries : entries.filter(([name]) => !NOT_FORWARDED.has(name))
  return { status: response.status, headers, body: response.body ?? undefined }
}

function listHeaders(headers: unknown, hook: string): WireHeader[] {
  if (isTagged(headers) && headers instanceof Headers) return [...headers]
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw new TypeError(`"${hook}" returned headers that are not an object`)
  }
  const list: WireHeader[] = []
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== 'string') {
        throw new TypeError(`"${hook}" returned the header ${name} as ${typeof one}: it must be a string`)
      }
      list.push([name, one])
    }
  }
  return list
}

function checkBody(body: unknown, hook: string): WireReply['body'] {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream) {
    return body
  }
  if (isIterable(body)) return streamOf(body)
  const got = body === null ? 'null' : Array.isArray(body) ? 'an array' : `a ${typeof body}`
  throw new TypeError(
    `"${hook}" returned ${got} as body: it must be a string, bytes, a ReadableStream or an async iterable`,
  )
}

function isIterable(body: unknown): body is AsyncIterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

/** Its `finally` runs when the client has gone. */
function streamOf(body: AsyncIterable<unknown>): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done) controller.close()
        else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : (value as Uint8Array))
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
