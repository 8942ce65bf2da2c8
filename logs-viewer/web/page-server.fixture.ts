// A server that speaks wire.ts to the page, on real HTTP with real files and the real policy: its records are made when they are
// asked for, and whatever a test needs of the rest is in its hands.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Severity } from '../../servers/contract/record.ts'
import { matchesQuestion } from '../query/matches-question.ts'
import { parseQuestion } from '../query/parse-question.ts'
import type { Question } from '../query/question.ts'
import type {
  ErrorGroup,
  HealthReply,
  HistogramReply,
  RecordsReply,
  SavedSearch,
  SearchEvents,
  Session,
  ShownRecord,
} from '../query/wire.ts'
import { readStaticFiles } from '../server/static-files.ts'
import { type History, recordAt, sourcesOf } from './page-records.fixture.ts'

export const TOKEN = 'a token of ana'
const COOKIE = 'session=ana'

/** A search without hits says so often how far it is. */
const PROGRESS_EVERY = 1000

/** As the viewer's own. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type Reply = (request: IncomingMessage, response: ServerResponse, words: URLSearchParams) => unknown

export class PageServer {
  history: History = { count: 0, endMs: Date.UTC(2026, 10, 20, 12), stepMs: 1000 }
  isLoginNeeded = false
  /** Every question is cut off. */
  isAway = false
  groups: ErrorGroup[] = []
  searches: SavedSearch[] = []
  notes: string[] = []
  /** Of every search: while it is unresolved, its first hits have been told and no more. */
  searchHeld: Promise<void> | null = null
  /** How every search ends at once. */
  searchEnd: SearchEvents['done'] | null = null
  /** So many records are looked at for one page, as where time is up: then the answer says where to go on. */
  looksMax = Number.POSITIVE_INFINITY
  /** Instead of a tail; with no status as its last event. */
  tailRefusal: { readonly status?: number; readonly sentence: string } | null = null
  /** While it is unresolved no tail is opened. */
  tailHeld: Promise<void> | null = null
  /** Instead of taking what somebody says of a group of errors. */
  deedRefusal: string | null = null
  /** What people have said of groups. */
  readonly said: { readonly state: string; readonly lastId?: string }[] = []
  /** Paths that were asked for, with their words. */
  readonly asked: string[] = []
  #pushed: ShownRecord[] = []
  readonly #tails = new Set<{ response: ServerResponse; question: Question }>()
  readonly #files = readStaticFiles()
  readonly #server = createServer((request, response) => this.#answer(request, response))

  async listen(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`
  }

  get tails(): number {
    return this.#tails.size
  }

  /** As it was before anybody asked; connections end. */
  reset(): void {
    this.history = { count: 0, endMs: Date.UTC(2026, 10, 20, 12), stepMs: 1000 }
    this.isLoginNeeded = false
    this.isAway = false
    this.groups = []
    this.searches = []
    this.notes = []
    this.searchHeld = null
    this.searchEnd = null
    this.looksMax = Number.POSITIVE_INFINITY
    this.tailRefusal = null
    this.tailHeld = null
    this.deedRefusal = null
    this.said.length = 0
    this.asked.length = 0
    this.#pushed = []
    this.cut()
  }

  /** Every connection ends, as when the viewer is restarted. */
  cut(): void {
    this.#tails.clear()
    this.#server.closeAllConnections()
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.cut()
    await closed
  }

  /** Records that arrive now: whoever follows gets those that match. */
  push(...bodies: readonly Partial<ShownRecord>[]): void {
    const { endMs, count } = this.history
    const records = bodies.map((body) => {
      const n = count + this.#pushed.length
      const received = body.received ?? new Date(endMs + 1000 + this.#pushed.length).toISOString()
      const { developer = 'ana', server = 'socketserver' } = body
      const id = `${developer}/${server}/${received.slice(0, 10)}:${n}`
      const record = {
        id,
        developer,
        server,
        received,
        time: received,
        severity: 'info' as const,
        message: `record ${n}`,
        ...body,
      }
      this.#pushed.push(record)
      return record
    })
    for (const { response, question } of this.#tails) {
      const own = records.filter((record) => matchesQuestion(question, record))
      if (own.length > 0)
        response.write(own.map((record) => `id: ${record.id}\ndata: ${JSON.stringify(record)}\n\n`).join(''))
    }
  }

  /** Of the records that were pushed the oldest go, beyond so many: what stands in their places is made up. */
  forget(kept: number): void {
    const over = this.#pushed.length - kept
    if (over <= 0) return
    this.#pushed.splice(0, over)
    this.history = { ...this.history, count: this.history.count + over }
  }

  /** Tells who follows of records that it did not get. */
  skip(count: number | null, errors: number): void {
    for (const { response } of this.#tails)
      response.write(`event: skipped\ndata: ${JSON.stringify({ count, errors })}\n\n`)
  }

  get #size(): number {
    return this.history.count + this.#pushed.length
  }

  #at(n: number): ShownRecord {
    return this.#pushed[n - this.history.count] ?? recordAt(this.history, n)
  }

  #indexOf(id: string): number {
    return Number(id.slice(id.lastIndexOf(':') + 1))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page')
    response.setHeader('content-security-policy', POLICY)
    const file = this.#files.get(pathname)
    if (file !== undefined) {
      const { body } = file.gzip!
      const headers = { 'content-type': file.type, 'content-encoding': 'gzip', 'content-length': body.length }
      response.writeHead(200, headers).end(body)
      return
    }
    if (this.isAway) return void request.socket.destroy()
    this.asked.push(request.url ?? '')
    const isIn = !this.isLoginNeeded || request.headers.cookie === COOKIE
    const route = Object.keys(this.#routes).find(
      (path) => pathname === path || (path.endsWith('/') && pathname.startsWith(path)),
    )
    const reply = this.#routes[route ?? '']
    void (async () => {
      if (!isIn && pathname !== '/api/login') return send(response, 401, { error: 'Log in first' })
      if (reply === undefined) return send(response, 404, { error: 'There is nothing here' })
      const value = await reply(request, response, searchParams)
      return value === undefined ? undefined : send(response, 200, value)
    })()
  }

  readonly #routes: Readonly<Record<string, Reply>> = {
    '/api/session': () => this.#session(),
    '/api/login': async (request, response) => {
      const { token } = JSON.parse(await bodyOf(request)) as { token: string }
      if (token !== TOKEN) return send(response, 401, { error: 'This token is not known' })
      response.setHeader('set-cookie', `${COOKIE}; HttpOnly; SameSite=Strict; Path=/`)
      return this.#session()
    },
    '/api/logout': (_request, response) => {
      response.setHeader('set-cookie', 'session=; Max-Age=0; Path=/')
      return {}
    },
    '/api/records': (_request, response, words) => this.#records(response, words),
    '/api/search': (_request, response, words) => this.#search(response, words),
    '/api/context': (_request, _response, words) => this.#context(words),
    '/api/histogram': (_request, response, words) => this.#histogram(response, words),
    '/api/errors': () => ({ groups: this.groups }),
    '/api/errors/': async (request, response) => {
      const fingerprint = decodeURIComponent(request.url!.split('/').at(-1)!)
      const body = JSON.parse(await bodyOf(request)) as Pick<ErrorGroup, 'state' | 'lastId'>
      if (this.deedRefusal !== null) return send(response, 403, { error: this.deedRefusal })
      this.said.push(body)
      const { state } = body
      const said = { state, by: 'ana', at: new Date(this.history.endMs).toISOString() }
      this.groups = this.groups.map((group) => (group.fingerprint === fingerprint ? { ...group, ...said } : group))
      return this.groups.find((group) => group.fingerprint === fingerprint)
    },
    '/api/searches': () => this.searches,
    '/api/searches/': async (request) => {
      const name = decodeURIComponent(request.url!.split('/').at(-1)!)
      this.searches = this.searches.filter((search) => search.name !== name)
      if (request.method === 'DELETE') return {}
      const { query } = JSON.parse(await bodyOf(request)) as SavedSearch
      this.searches.push({ name, query })
      return { name, query }
    },
    '/api/health': () => this.#health(),
    '/api/tail': (_request, response, words) => this.#tail(response, words),
    '/api/export': (_request, response) => {
      response.setHeader('content-disposition', 'attachment; filename="records.ndjson"')
      return {}
    },
  }

  #session(): Session {
    return {
      who: 'ana',
      sources: sourcesOf({ ...this.history, count: this.#size }),
      expires: '2027-01-01T00:00:00.000Z',
    }
  }

  #records(response: ServerResponse, words: URLSearchParams): RecordsReply | undefined {
    const question = parseQuestion(words)
    if (typeof question === 'string') return send(response, 400, { error: question })
    const limit = Number(words.get('limit') ?? 200)
    const after = words.get('after')
    const sources = this.#session().sources
    const records: ShownRecord[] = []
    const step = after === null ? -1 : 1
    const before = words.get('before')
    const start = after !== null ? this.#indexOf(after) + 1 : (before === null ? this.#size : this.#indexOf(before)) - 1
    let looked = 0
    let n = start
    for (; n >= 0 && n < this.#size && records.length < limit && looked < this.looksMax; n += step) {
      looked++
      const record = this.#at(n)
      // Nothing older is in the time that is asked for.
      if (step === -1 && record.received < (question.from ?? '')) n = 0
      if (matchesQuestion(question, record)) records.push(record)
    }
    const place = n >= 0 && n < this.#size && looked > 0 ? this.#at(n - step).id : null
    if (after !== null) return { records, before: after, after: place, sources }
    return { records: records.reverse(), before: place, after: null, sources }
  }

  async #search(response: ServerResponse, words: URLSearchParams): Promise<undefined> {
    const question = parseQuestion(words)
    if (typeof question === 'string') return send(response, 400, { error: question })
    const tell = (name: string, data: unknown) => response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (this.searchEnd !== null) {
      tell('done', this.searchEnd)
      response.end()
      return undefined
    }
    const before = words.get('before')
    const limit = Number(words.get('limit') ?? 200)
    let found: ShownRecord[] = []
    let count = 0
    for (let n = (before === null ? this.#size : this.#indexOf(before)) - 1; n >= 0; n--) {
      const record = this.#at(n)
      if (matchesQuestion(question, record)) {
        found.push(record)
        if (++count === limit) {
          tell('found', found)
          tell('done', { before: record.id })
          response.end()
          return undefined
        }
      }
      const isLooked = (this.#size - n) % PROGRESS_EVERY === 0
      if (found.length < 50 && !isLooked) continue
      if (found.length > 0) tell('found', found)
      tell('progress', { to: record.received, share: (this.#size - n) / this.#size, id: record.id })
      found = []
      if (this.searchHeld !== null) await this.searchHeld
    }
    tell('found', found)
    tell('done', { before: null })
    response.end()
    return undefined
  }

  #context(words: URLSearchParams): { records: ShownRecord[] } {
    const at = this.#at(this.#indexOf(words.get('id')!))
    const of = ({ developer, server }: ShownRecord) => developer === at.developer && server === at.server
    const index = this.#indexOf(at.id)
    const older: ShownRecord[] = []
    for (let n = index - 1; n >= 0 && older.length < Number(words.get('before')); n--)
      if (of(this.#at(n))) older.push(this.#at(n))
    const newer: ShownRecord[] = []
    for (let n = index + 1; n < this.#size && newer.length < Number(words.get('after')); n++)
      if (of(this.#at(n))) newer.push(this.#at(n))
    return { records: [...older.reverse(), at, ...newer] }
  }

  /** Of a large history a sample counts for its neighbours. */
  #histogram(response: ServerResponse, words: URLSearchParams): HistogramReply | undefined {
    const question = parseQuestion(words)
    if (typeof question === 'string') return send(response, 400, { error: question })
    const { endMs, stepMs, count } = this.history
    const fromMs = question.from === null ? endMs - count * stepMs : Date.parse(question.from)
    const toMs = question.to === null ? endMs + stepMs : Date.parse(question.to)
    const bucketMs = Math.max(1, Math.ceil((toMs - fromMs) / Number(words.get('buckets') ?? 60)))
    const buckets = new Map<number, Partial<Record<Severity, number>>>()
    const sample = Math.max(1, Math.floor(this.#size / 2000))
    for (let n = 0; n < this.#size; n += sample) {
      const record = this.#at(n)
      if (!matchesQuestion(question, record)) continue
      const atMs = fromMs + Math.floor((Date.parse(record.received) - fromMs) / bucketMs) * bucketMs
      const counts = buckets.get(atMs) ?? {}
      counts[record.severity] = (counts[record.severity] ?? 0) + sample
      buckets.set(atMs, counts)
    }
    return {
      fromMs,
      toMs: Math.max(toMs, fromMs + 1),
      stepMs: bucketMs,
      buckets: [...buckets].map(([atMs, counts]) => ({ atMs, counts })),
    }
  }

  #health(): HealthReply {
    return {
      status: this.notes.length === 0 ? 'ok' : 'behind',
      notes: this.notes,
      behindMs: 40,
      gaps: { processes: 0, records: 0 },
      store: {
        records: this.#size,
        bytes: this.#size * 209,
        days: 10,
        oldestDay: this.#size === 0 ? null : '2026-11-10',
      },
      collector: { queued: 0, discarded: 0, rateLimited: 0, at: new Date(this.history.endMs).toISOString() },
      disk: { freeBytes: 41_000_000_000, totalBytes: 80_000_000_000, keptDays: 30 },
      tails: this.#tails.size,
    }
  }

  async #tail(response: ServerResponse, words: URLSearchParams): Promise<undefined> {
    const question = parseQuestion(words)
    if (typeof question === 'string') return send(response, 400, { error: question })
    const { status, sentence = '' } = this.tailRefusal ?? {}
    if (this.tailHeld !== null) await this.tailHeld
    if (status !== undefined) return send(response, status, { error: sentence })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('retry: 1000\n\n')
    if (this.tailRefusal !== null) {
      response.end(`event: refused\ndata: ${JSON.stringify({ message: sentence })}\n\n`)
      return undefined
    }
    const after = words.get('after')
    if (after !== null) {
      for (let n = this.#indexOf(after) + 1; n < this.#size; n++) {
        const record = this.#at(n)
        if (matchesQuestion(question, record)) response.write(`id: ${record.id}\ndata: ${JSON.stringify(record)}\n\n`)
      }
    }
    const tail = { response, question }
    this.#tails.add(tail)
    response.on('close', () => this.#tails.delete(tail))
    return undefined
  }
}

function send(response: ServerResponse, status: number, value: unknown): undefined {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  return undefined
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
