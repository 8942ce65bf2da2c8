// Asks the log viewer's API on this machine, as the operator: it logs in with a link of its own, and out again.
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { connect, type TLSSocket } from 'node:tls'
import { OPERATOR_NAME } from '../../servers/contract/access.ts'
import { createLoginLink } from '../access/login-link.ts'
import type { YardLayout } from '../sandbox/layout.ts'

/** It is on this machine: whoever has not answered by then is away, or busy with something else than us. */
const ANSWER_TIMEOUT_MS = 30_000

export interface ViewerClient {
  /** The JSON of an answer. Throws the viewer's sentence when it refuses. */
  ask<T>(path: string): Promise<T>
  /** Server-sent events, until the viewer or the signal ends them. */
  follow(path: string, signal: AbortSignal): AsyncGenerator<{ readonly event: string; readonly data: string }>
  close(): Promise<void>
}

/** Throws when the viewer is away. */
export async function openViewer(layout: YardLayout, url: string): Promise<ViewerClient> {
  const secret = await createLoginLink(layout, OPERATOR_NAME, Date.now())
  const login = await send(layout, new URL('api/login', url), { body: JSON.stringify({ token: secret }) })
  await readAll(login)
  const cookie = login.headers['set-cookie']?.[0]?.split(';')[0]
  if (login.statusCode !== 200 || cookie === undefined) throw new Error(`It answers ${login.statusCode}`)
  const open = async (path: string, signal?: AbortSignal) => {
    const response = await send(layout, new URL(path, url), { cookie, signal })
    if (response.statusCode === 200) return response
    throw new Error(sentenceIn(await readAll(response)) ?? `It answers ${response.statusCode}`)
  }
  return {
    ask: async (path) => JSON.parse(await readAll(await open(path))),
    async *follow(path, signal) {
      yield* eventsIn(await open(path, signal))
    },
    async close() {
      const response = await send(layout, new URL('api/logout', url), { cookie, body: '{}' })
      await readAll(response)
    },
  }
}

interface Sent {
  readonly cookie?: string
  readonly body?: string
  readonly signal?: AbortSignal | undefined
}

async function send(layout: YardLayout, url: URL, { cookie, body, signal }: Sent): Promise<IncomingMessage> {
  const socket = url.protocol === 'http:' ? null : await connectToOwn(layout, url)
  const call = request({
    ...{ host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port, path: `${url.pathname}${url.search}` },
    ...{ method: body === undefined ? 'GET' : 'POST', timeout: ANSWER_TIMEOUT_MS },
    headers: {
      host: url.host,
      ...(cookie === undefined ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(signal === undefined ? {} : { signal }),
    // With an agent, Node opens a plain connection of its own.
    ...(socket === null ? { agent: false } : { createConnection: () => socket }),
  })
  call.on('timeout', () => call.destroy(new Error('It does not answer')))
  call.end(body)
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  // A tail may be silent for as long as it likes.
  response.socket.setTimeout(0)
  return response
}

/** The certificate is for the name that developers use, from whoever they trust; that it is the yard's own is known here. */
async function connectToOwn({ tls }: YardLayout, { hostname, port }: URL): Promise<TLSSocket> {
  const own = new X509Certificate(await readFile(tls.viewer))
  const host = hostname.replace(/^\[|\]$/g, '')
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false, timeout: ANSWER_TIMEOUT_MS })
  await once(socket, 'secureConnect')
  if (socket.getPeerCertificate().fingerprint256 === own.fingerprint256) return socket
  socket.destroy()
  throw new Error('It has another certificate than this yard')
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of response.setEncoding('utf8')) text += piece
  return text
}

async function* eventsIn(response: IncomingMessage) {
  let text = ''
  for await (const piece of response.setEncoding('utf8')) {
    text += piece
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      const partOf = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
      const data = partOf('data')
      if (data !== undefined) yield { event: partOf('event') ?? 'message', data }
    }
  }
}

function sentenceIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text)
    return typeof error === 'string' ? error : undefined
  } catch {
    return undefined
  }
}
