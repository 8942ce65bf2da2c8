// `fetch` over a connection that is there.
import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { Readable } from 'node:stream'
import type { ReadableStream as NodeStream } from 'node:stream/web'

const BODYLESS = new Set([204, 205, 304])

/** Rejects as `fetch` does. A redirect is not followed. */
export function fetchOver(connect: () => Duplex, path: string, init: RequestInit = {}): Promise<Response> {
  const half = init.body instanceof ReadableStream ? { duplex: 'half' as const } : {}
  const asked = new Request(new URL(path, 'http://localhost'), { ...half, ...init })
  return new Promise((resolve, reject) => {
    const sending = request({
      createConnection: connect,
      method: asked.method,
      path,
      headers: { host: 'localhost', ...Object.fromEntries(asked.headers), ...lengthOf(init.body) },
      signal: asked.signal,
    })
    sending.on('error', reject)
    sending.on('response', (response) => resolve(toResponse(response, asked.method)))
    if (asked.body === null) sending.end()
    else Readable.fromWeb(asked.body as NodeStream).pipe(sending)
  })
}

/** As fetch says it for a body whose length is known. */
function lengthOf(body: RequestInit['body']): Record<string, string> {
  if (typeof body === 'string') return { 'content-length': String(Buffer.byteLength(body)) }
  return ArrayBuffer.isView(body) ? { 'content-length': String(body.byteLength) } : {}
}

function toResponse(response: IncomingMessage, method: string): Response {
  const { statusCode: status = 0, rawHeaders } = response
  const headers: [string, string][] = []
  for (let i = 0; i < rawHeaders.length; i += 2) headers.push([rawHeaders[i]!, rawHeaders[i + 1]!])
  const bodyless = BODYLESS.has(status) || method === 'HEAD'
  if (bodyless) response.resume()
  return new Response(bodyless ? null : (Readable.toWeb(response) as ReadableStream), { status, headers })
}
