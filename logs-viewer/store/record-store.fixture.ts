// A store of records over a yard in a temporary place, and what tests ask it.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseQuestion } from '../query/parse-question.ts'
import type { Question, Scope } from '../query/question.ts'
import type { SearchEvents, ShownRecord } from '../query/wire.ts'
import { createRecordStore, type OpenedStore } from './create-record-store.ts'
import { createYardFixture, type YardFixture } from './yard.fixture.ts'

export const RECORDS = 3500
const NOW = Date.parse('2026-11-20T18:00:00.000Z')
const signal = new AbortController().signal

export function parse(query: string): Question {
  const question = parseQuestion(new URLSearchParams(query))
  assert.ok(typeof question === 'object', String(question))
  return question
}

export const at = (second: number, day = 20) => new Date(Date.UTC(2026, 10, day, 12, 0, second)).toISOString()
export const messages = (records: readonly ShownRecord[]) => records.map(({ message }) => message)

/** Call it in a `describe`: each of its tests has a yard of its own. `store` is there from `open` on. */
export function useStore() {
  let yard: YardFixture
  let store: OpenedStore | undefined
  beforeEach(() => {
    yard = createYardFixture()
  })
  afterEach(async () => {
    await store?.close()
    store = undefined
    yard.remove()
  })

  const derived = () => join(yard.root, 'viewer/index')
  const archive = () => join(yard.root, 'viewer/days')
  const asking = (query: string) => ({ question: parse(query), scope: store!.sources(), signal })

  const open = async () => {
    await store?.close()
    store = await createRecordStore({ root: yard.root, derived: derived(), archive: archive(), now: () => NOW })
  }

  const read = async (query: string, limit = 1000, place: { before?: string; after?: string } = {}, scope?: Scope) =>
    store!.read({ ...asking(query), ...(scope === undefined ? {} : { scope }), limit, ...place })

  const readAll = async (query: string, limit: number, direction: 'before' | 'after' = 'before') => {
    const all: ShownRecord[] = []
    let reply = await read(query, limit)
    if (direction === 'after') {
      const [oldest] = (await read(query, 100_000)).records
      if (oldest === undefined) return all
      all.push(oldest)
      for (let after: string | null = oldest.id; after !== null; after = reply.after) {
        reply = await read(query, limit, { after })
        all.push(...reply.records)
      }
      return all
    }
    all.push(...reply.records)
    while (reply.before !== null) {
      reply = await read(query, limit, { before: reply.before })
      all.unshift(...reply.records)
    }
    return all
  }

  const search = async (query: string, limit = 100_000) => {
    const found: ShownRecord[] = []
    let done: SearchEvents['done'] | undefined
    await store!.search({ ...asking(query), charactersMax: 1e9, limit }, (event) => {
      found.push(...(event.found ?? []))
      done = event.done ?? done
    })
    return { found, done: done! }
  }

  const stream = async (query: string) => {
    const all: ShownRecord[] = []
    for await (const some of store!.stream(asking(query))) all.push(...some)
    return all
  }

  /** Records of several sources, some in more than one block, with errors, ids and what JSON writes otherwise. */
  const fill = () => {
    const words = ['inventory', 'Lobby', 'slow query', 'GET /api/orders', 'ÄRGER "quoted" \\ slash', 'redis']
    const lines = new Map<string, string>()
    for (let i = 0; i < RECORDS; i++) {
      const body = {
        message: `${words[i % words.length]} ${i % 1301 === 77 ? 'needle-7C1e' : i}`,
        severity: i % 50 === 0 ? 'error' : i % 7 === 0 ? 'warn' : 'info',
        pid: 100 + (i % 3),
        release: i % 2 === 0 ? '4f2a91c8e012' : '0a1b2c3d4e5f',
        fields: { room: { id: i % 10 }, text: i % 900 === 5 ? `a\n"b"` : 'plain', filler: 'x'.repeat(2500) },
        ...(i % 5 === 0 ? { request: `r${i}` } : {}),
        ...(i % 50 === 0 ? { stack: `Error: no ${i % 3}\n    at load (src/load.ts:${i % 4}:2)` } : {}),
      }
      const received = at(i, i < 1500 ? 18 : 20)
      const server = ['socketserver', 'dtserver'][i % 2]!
      const path = yard.file(server, i % 3 === 0 ? 'dev2' : 'dev1', received.slice(0, 10))
      lines.set(
        path,
        `${lines.get(path) ?? ''}${JSON.stringify({ received, time: received, ...body })}
`,
      )
    }
    for (const [path, text] of lines) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
  }

  return {
    get yard() {
      return yard
    },
    get store() {
      return store!
    },
    ...{ derived, archive, asking, open, read, readAll, search, stream, fill },
  }
}
