// What the viewer answers. Its page is for everybody, and so is `/health`, for the supervisor; everything else asks who you are.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Audit } from '../access/audit.ts'
import { addressOf, type Gate, type Refused } from '../access/gate.ts'
import { whyNotOurs } from '../access/same-origin.ts'
import { SlowPatternError } from '../query/create-selector.ts'
import { createPatternBudgets, type PatternBudget, type PatternTime, WALL_CLOCK } from '../query/pattern-budget.ts'
import type { RecordStore } from '../store/record-store.ts'
import { HEADERS, refuse, refuseVisitor, sendFile } from './answer.ts'
import { createHostCheck } from './host-names.ts'
import { readBody } from './read-body.ts'
import { BadRequest, type Route } from './route.ts'
import { readStaticFiles } from './static-files.ts'

/** Of an answer that is not streamed. Whoever asks for less gets it sooner. */
const QUESTION_DEADLINE_MS = 30_000

/**
 * Of all that one person asks. Then their questions wait: many at once would hold up everybody else, however soon each is given up.
 * Only a pattern that is no good takes longer than what is free.
 */
const PERSON_PATTERNS: PatternTime = { burstMs: 400, share: 0.25, freeMs: 50 }

export interface HandlerOptions {
  /** What the viewer listens on: a name by which it may be called, beside addresses and `localhost`. */
  readonly host: string
  /** By what else it may be called: the names in its certificate. */
  readonly isOurName?: ((name: string) => boolean) | undefined
  readonly gate: Gate
  readonly store: RecordStore
  readonly audit: Audit
  readonly routes: readonly Route[]
}

export function createHandler({ host, isOurName: alsoOurs, ...doors }: HandlerOptions): RequestListener {
  const files = readStaticFiles()
  const isOurName = createHostCheck(host, alsoOurs)
  const patternsOf = createPatternBudgets(PERSON_PATTERNS, WALL_CLOCK)
  return (request, response) => {
    if (!isOurName(request.headers.host)) return refuseName(request, response)
    const url = parseUrl(request.url)
    const path = url?.pathname ?? ''
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '')
    const file = method === 'GET' ? files.get(path) : undefined
    if (file !== undefined) return sendFile(request, response, file)
    const found = doors.routes.flatMap((route) => {
      const name = nameIn(route.path, path)
      return name === undefined ? [] : [{ route, name }]
    })
    if (url === undefined || found.length === 0) return refuse(response, 404, 'There is nothing here')
    const one = found.find(({ route }) => route.method === method)
    if (one === undefined) {
      response.setHeader('allow', found.map(({ route }) => route.method).join(', '))
      return refuse(response, 405, `Only ${found.map(({ route }) => route.method).join(', ')}`)
    }
    answer(
      one.route,
      { request, response, parameters: url.searchParams, name: one.name },
      { ...doors, patternsOf },
    ).catch((error: unknown) => explain(error, response))
  }
}

interface Doors extends Pick<HandlerOptions, 'gate' | 'store' | 'audit'> {
  patternsOf(person: string): PatternBudget
}

async function answer(
  route: Route,
  given: { request: IncomingMessage; response: ServerResponse; parameters: URLSearchParams; name: string },
  { gate, store, audit, patternsOf }: Doors,
): Promise<void> {
  const { request, response } = given
  const foreign = route.method === 'GET' ? undefined : whyNotOurs(request)
  if (foreign !== undefined) {
    audit({ who: 'nobody', act: route.method, target: route.path, result: foreign, from: addressOf(request) })
    return refuse(response, 403, foreign)
  }
  const visitor = route.open ? null : await gate.admit(request)
  if (visitor !== null && 'status' in visitor) return turnAway(request, response, visitor)
  const body = route.method === 'GET' ? {} : await readBody(request)
  if (body === undefined) throw new BadRequest('The body has to be one short JSON object')
  const gone = new AbortController()
  response.on('close', () => gone.abort(new Error('The client has gone')))
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(QUESTION_DEADLINE_MS)])
  const ask = { ...given, body, signal }
  if (route.open) return await route.handle(ask)
  // Nobody is here who has not been admitted.
  const scope = store.sources().filter((source) => visitor!.maySee(source))
  await route.handle({ ...ask, visitor: visitor!, scope, patterns: patternsOf(visitor!.person) })
}

/** A browser that was sent to a page of ours is shown the login. */
function turnAway(request: IncomingMessage, response: ServerResponse, refused: Refused): void {
  const path = request.url ?? '/'
  if (!path.startsWith('/docs') || !request.headers.accept?.includes('text/html')) refuseVisitor(response, refused)
  else response.writeHead(303, { ...HEADERS, location: `/login?next=${encodeURIComponent(path)}` }).end()
}

function explain(error: unknown, response: ServerResponse): void {
  const isLate = error instanceof DOMException && error.name === 'TimeoutError'
  const status = error instanceof BadRequest ? error.status : error instanceof SlowPatternError ? 400 : undefined
  const retryAfterMs = error instanceof BadRequest ? error.retryAfterMs : undefined
  if (status === undefined && !isLate && !response.destroyed) console.error(error)
  if (response.headersSent || response.destroyed) response.destroy()
  else if (status !== undefined) refuse(response, status, (error as Error).message, retryAfterMs)
  else if (isLate) refuse(response, 503, 'This takes too long: ask for less time, or use the search', 1_000)
  else refuse(response, 500, 'The log viewer has failed; its own log says more')
}

/** What stands in the place of `{…}` at the end of a route's path; undefined when it is not this path. */
function nameIn(pattern: string, path: string): string | undefined {
  const brace = pattern.indexOf('{')
  if (brace === -1) return pattern === path ? '' : undefined
  if (!path.startsWith(pattern.slice(0, brace))) return undefined
  try {
    return decodeURIComponent(path.slice(brace))
  } catch {
    return undefined
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
