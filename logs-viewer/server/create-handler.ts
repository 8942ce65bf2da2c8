// What the viewer answers. Everything is a GET; nothing changes anything.
//   /                       the page, and its few files
//   /api/records?developer=&server=&severity=&text=&limit=&before=     RecordsReply
//   /api/tail?developer=&server=&severity=&text=&after=                server-sent events; Last-Event-ID is `after` of a reconnect
//   /docs/, /docs/MODULE     what scripts may use; /docs/search.json      SearchEntry[]
//   /health
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type Filter, parseFilter } from '../query/filter.ts'
import type { RecordsReply } from '../query/wire.ts'
import { type Cursor, readCursor } from '../store/backward-stream.ts'
import { type LogFolder, listLogFolders } from '../store/log-files.ts'
import { readNewestRecords } from '../store/newest-records.ts'
import { createDocsPages } from './docs-pages.ts'
import { createHostCheck } from './host-names.ts'
import { readStaticFiles, type StaticFile } from './static-files.ts'
import { CLIENTS_MAX, type TailClients } from './tail-clients.ts'

const LIMIT_DEFAULT = 200
const LIMIT_MAX = 1000

/** Files are not in the exact order of arrival among each other, so a reconnect gets so much once more; ids tell what is known. */
const RESUME_OVERLAP_MS = 1000

/** Nothing comes from elsewhere, nothing inline, nobody frames it: a record that gets out of its text node finds nothing to work with. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

export interface HandlerOptions {
  readonly root: string
  /** What the viewer listens on: a name by which it may be called, beside addresses and `localhost`. */
  readonly host: string
  /** By what else it may be called: the names in its certificate. */
  readonly isOurName?: ((name: string) => boolean) | undefined
  readonly clients: TailClients
  /** What `/health` tells. */
  health(): Readonly<Record<string, unknown>>
}

type Route = (request: IncomingMessage, response: ServerResponse, parameters: URLSearchParams) => void | Promise<void>

export function createHandler({ root, host, clients, health, isOurName: alsoOurs }: HandlerOptions): RequestListener {
  const files = readStaticFiles()
  const docsPage = createDocsPages(root)
  const isOurName = createHostCheck(host, alsoOurs)
  const routes: Readonly<Record<string, Route>> = {
    '/docs': (_request, response) => void response.writeHead(301, { ...HEADERS, location: '/docs/' }).end(),
    '/health': (_request, response) => sendJson(response, 200, health()),
    '/api/records': async (_request, response, parameters) => {
      const asked = await parseQuestion(root, parameters, parameters.get('before'))
      if (typeof asked === 'string') return sendJson(response, 400, { error: asked })
      const { folders, filter, cursor } = asked
      const limit = Math.min(
        LIMIT_MAX,
        Math.max(1, Number.parseInt(parameters.get('limit') ?? '', 10) || LIMIT_DEFAULT),
      )
      const newest = await readNewestRecords(folders, { filter, limit, before: cursor })
      const sources = folders
        .filter(({ days }) => days.length > 0)
        .map(({ server, developer }) => ({ server, developer }))
      sendJson(response, 200, { ...newest, after: null, sources } satisfies RecordsReply)
    },
    '/api/tail': async (request, response, parameters) => {
      if (clients.count >= CLIENTS_MAX) {
        response.setHeader('retry-after', '10')
        return sendJson(response, 503, { error: `${CLIENTS_MAX} browsers follow the log already` })
      }
      const after = request.headers['last-event-id'] ?? parameters.get('after')
      const asked = await parseQuestion(root, parameters, typeof after === 'string' ? after : null)
      if (typeof asked === 'string') return sendJson(response, 400, { error: asked })
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.write('retry: 1000\n\n')
      const client = clients.add(asked.filter, response)
      if (asked.cursor === undefined) return client.release([], true)
      const since = new Date(Date.parse(asked.cursor.received) - RESUME_OVERLAP_MS).toISOString()
      const missed = await readNewestRecords(await listLogFolders(root), {
        filter: asked.filter,
        limit: LIMIT_MAX,
        since,
      })
      client.release(missed.records, missed.before === null)
    },
  }
  const sendDocs: Route = async (request, response) => {
    const page = await docsPage(parseUrl(request.url)?.pathname ?? '')
    if (page === undefined) sendJson(response, 404, { error: 'Nothing of this name is documented' })
    else sendFile(request, response, page)
  }
  return (request, response) => {
    if (!isOurName(request.headers.host)) return refuseName(request, response)
    const url = parseUrl(request.url)
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendJson(response, 405, { error: 'Only GET' })
    const file = files.get(url?.pathname ?? '')
    if (file !== undefined) return sendFile(request, response, file)
    const route = url?.pathname.startsWith('/docs/') ? sendDocs : routes[url?.pathname ?? '']
    if (url === undefined || route === undefined) return sendJson(response, 404, { error: 'There is nothing here' })
    Promise.resolve(route(request, response, url.searchParams)).catch((error: unknown) => {
      console.error(error)
      if (response.headersSent) response.destroy()
      else sendJson(response, 500, { error: 'The log viewer has failed; its own log says more' })
    })
  }
}

function refuseName({ headers }: IncomingMessage, response: ServerResponse): void {
  const name = JSON.stringify(headers.host ?? '')
  const error = `${name} is not this viewer's name; use its address, or make the name the \`host\` of yard.yml`
  response.writeHead(421, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(`${error}\n`)
}

function parseUrl(text: string | undefined): URL | undefined {
  try {
    return new URL(text ?? '/', 'http://viewer')
  } catch {
    return undefined
  }
}

async function parseQuestion(
  root: string,
  parameters: URLSearchParams,
  place: string | null,
): Promise<{ folders: LogFolder[]; filter: Filter; cursor: Cursor | undefined } | string> {
  const filter = parseFilter(parameters)
  if (typeof filter === 'string') return filter
  const folders = await listLogFolders(root)
  const cursor = place ? await readCursor(folders, place) : undefined
  if (place && cursor === undefined) return `"${place}" is no record's id`
  return { folders, filter, cursor }
}

function sendFile({ headers: asked }: IncomingMessage, response: ServerResponse, file: StaticFile): void {
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

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response
    .writeHead(status, { ...HEADERS, 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    .end(JSON.stringify(value))
}
