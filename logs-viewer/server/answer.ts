// How the viewer answers: JSON, a file, a stream of events.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Refused } from '../access/gate.ts'
import type { Refusal } from '../query/wire.ts'
import type { StaticFile } from './static-files.ts'

/** Nothing comes from elsewhere, nothing inline, nobody frames it: a record that gets out of its text node finds nothing to work with. */
export const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response
    .writeHead(status, { ...HEADERS, 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    .end(JSON.stringify(value))
}

export function refuse(response: ServerResponse, status: number, error: string, retryAfterMs?: number): void {
  if (retryAfterMs !== undefined) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1000))
  sendJson(response, status, { error } satisfies Refusal)
}

export function refuseVisitor(response: ServerResponse, { status, error, retryAfterMs }: Refused): void {
  if (status === 401) response.setHeader('www-authenticate', 'Bearer realm="edgeyard logs"')
  refuse(response, status, error, retryAfterMs)
}

export function sendFile({ headers: asked }: IncomingMessage, response: ServerResponse, file: StaticFile): void {
  const packed = /\bgzip\b/.test(String(asked['accept-encoding'])) ? file.gzip : undefined
  const { body, etag } = packed ?? file
  const headers = {
    ...HEADERS,
    'content-type': file.type,
    'cache-control': 'no-cache',
    vary: 'accept-encoding',
    etag,
    ...(packed === undefined ? {} : { 'content-encoding': 'gzip' }),
  }
  const isKnown = asked['if-none-match'] === etag
  response.writeHead(isKnown ? 304 : 200, headers).end(isKnown ? undefined : body)
}

/** Begins server-sent events; `renderEvent` makes what is written. */
export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write('retry: 1000\n\n')
}

/** A record of a tail has an id, where a client that comes back goes on, and no name: then it is a `message`. */
export function renderEvent({ event, id }: { event?: string; id?: string }, data: unknown): string {
  const head = `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}`
  return `${head}data: ${JSON.stringify(data)}\n\n`
}
